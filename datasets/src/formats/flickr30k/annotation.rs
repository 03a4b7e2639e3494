//! The boxes of a picture, an XML file in the form of PASCAL VOC.
//!
//! Boxes count pixels from 1 and include their last column and row. An object belongs to one chain or to several; it has
//! a box, or says that it is a whole scene or has none.

use anyhow::{Context, Result, bail, ensure};

use super::short;
use super::xml::{Event, Scanner};

/// Size and boxes of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Annotation {
    /// Width in pixels.
    pub(super) width: u32,
    /// Height in pixels.
    pub(super) height: u32,
    /// Chains and their boxes in the order of the file, a box once for every chain that it belongs to. A box is
    /// `[x0, y0, x1, y1]` in pixels from 0, its last column and row included: as wide as the official numbers say.
    pub(super) boxes: Vec<(i64, [f64; 4])>,
}

impl Annotation {
    /// Reads one file.
    ///
    /// # Errors
    /// Where it is no such XML; the message names the line.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
        let (mut scanner, mut draft) = (Scanner::new(text), Draft::default());
        draft.read(&mut scanner).with_context(|| format!("line {}", scanner.line()))?;
        let Draft { width, height, boxes, .. } = draft;
        let (width, height) = width.zip(height).context("`annotation` has no `size` with `width` and `height`")?;
        Ok(Self { width, height, boxes })
    }

    /// The boxes of a chain, in the order of the file.
    pub(super) fn of_chain(&self, chain: i64) -> impl Iterator<Item = [f64; 4]> + Clone {
        self.boxes.iter().filter(move |(of, _)| *of == chain).map(|(_, corners)| *corners)
    }
}

/// What was read so far.
#[derive(Default)]
struct Draft {
    width: Option<u32>,
    height: Option<u32>,
    boxes: Vec<(i64, [f64; 4])>,
    /// Of the object that is being read: its chains, the sides of its box, and whether it says that it has none.
    chains: Vec<i64>,
    sides: [Option<f64>; 4],
    boxless: bool,
}

/// A phrase may name all of a picture's boxes, and every phrase may: without a bound a small file could ask for all memory.
const MOST_BOXES: usize = 1000;

/// The sides of a box, in the order of [`Object::corners`].
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

impl Draft {
    /// Takes in everything up to the end of the file.
    fn read(&mut self, scanner: &mut Scanner) -> Result<()> {
        while let Some(event) = scanner.next()? {
            match (event, scanner.path()) {
                (Event::Open, [outermost]) => {
                    ensure!(
                        *outermost == "annotation",
                        "the outermost element is `{}`, not `annotation`",
                        short(outermost)
                    );
                }
                (Event::Text(text), [_, inner @ ..]) => self.text(text, inner)?,
                (Event::Close, [_, "object"]) => self.object()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str, path: &[&str]) -> Result<()> {
        match path {
            ["size", name @ "width"] => once(&mut self.width, name, text)?,
            ["size", name @ "height"] => once(&mut self.height, name, text)?,
            ["object", name @ "name"] => self.chains.push(parsed(name, text)?),
            ["object", "scene" | "nobndbox"] => self.boxless = true,
            ["object", "bndbox", name] => {
                if let Some(side) = SIDES.iter().position(|side| side == name) {
                    once(&mut self.sides[side], name, text)?;
                    // The box around several would pass over what is no number.
                    ensure!(
                        self.sides[side].is_some_and(f64::is_finite),
                        "`{name}` is `{}`, which is no place",
                        short(text)
                    );
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The object whose end was read: kept where it has a box.
    fn object(&mut self) -> Result<()> {
        let (sides, boxless) = (std::mem::take(&mut self.sides), std::mem::take(&mut self.boxless));
        ensure!(!self.chains.is_empty(), "the object that ends here has no name");
        let missing = SIDES.iter().zip(sides).find(|(_, side)| side.is_none()).map(|(name, _)| name);
        match (sides, missing) {
            ([Some(xmin), Some(ymin), Some(xmax), Some(ymax)], _) => {
                let corners = [xmin - 1.0, ymin - 1.0, xmax, ymax];
                self.boxes.extend(self.chains.drain(..).map(|chain| (chain, corners)));
            }
            ([None, None, None, None], _) if boxless => self.chains.clear(),
            (_, missing) => bail!(
                "the object that ends here has no `{}`, and neither scene nor nobndbox says that it has no box",
                missing.unwrap_or(&"")
            ),
        }
        ensure!(self.boxes.len() <= MOST_BOXES, "more than {MOST_BOXES} boxes, which no picture has");
        Ok(())
    }
}

/// Takes in what may stand in the file but once.
fn once<T: std::str::FromStr>(place: &mut Option<T>, name: &str, text: &str) -> Result<()> {
    ensure!(place.is_none(), "`{name}` is given twice");
    *place = Some(parsed(name, text)?);
    Ok(())
}

fn parsed<T: std::str::FromStr>(name: &str, text: &str) -> Result<T> {
    text.parse().ok().with_context(|| format!("`{name}` is `{}`, which is no such number", short(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "<annotation><filename>1.jpg</filename><size><width>333</width><height>500</height></size>
        <object><name>1</name><name>6</name><bndbox><xmin>1</xmin><ymin>10</ymin><xmax>333</xmax><ymax>37</ymax></bndbox></object>
        <object><name>1</name><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>7</xmax><ymax>8</ymax></bndbox></object>
        <object><name>10</name><scene>1</scene><nobndbox>0</nobndbox></object></annotation>";

    #[test]
    fn boxes_count_from_one_and_belong_to_chains() {
        let read = Annotation::parse(FILE.as_bytes()).unwrap();
        assert_eq!((read.width, read.height, read.boxes.len()), (333, 500, 3));
        let of_chain = |chain| read.of_chain(chain).collect::<Vec<_>>();
        assert_eq!(of_chain(1), [[0.0, 9.0, 333.0, 37.0], [4.0, 5.0, 7.0, 8.0]]);
        assert_eq!((of_chain(6).len(), of_chain(10).len()), (1, 0));
    }

    #[test]
    fn what_is_wrong_is_told() {
        let message =
            |from: &str, to: &str| format!("{:#}", Annotation::parse(FILE.replace(from, to).as_bytes()).unwrap_err());
        assert!(message("<xmin>5</xmin>", "").contains("line 3: the object that ends here has no `xmin`"));
        assert!(message("<xmin>5<", "<xmin>five<").contains("line 3: `xmin` is `five`"));
        assert!(
            message("<scene>1</scene><nobndbox>0</nobndbox>", "").contains("line 4: the object that ends here has no")
        );
        assert!(message("<size>", "<sise>").contains("`</size>` where `sise` is open"));
        assert!(message("<height>500</height>", "").contains("no `size` with"));
        assert!(message("</annotation>", "").contains("the file ends within `annotation`"));
        let many = FILE[FILE.find("<object>").unwrap()..].replace("</annotation>", "").repeat(MOST_BOXES);
        assert!(message("</annotation>", &format!("{many}</annotation>")).contains("more than 1000 boxes"));
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]>".to_owned() + FILE;
        assert!(format!("{:#}", Annotation::parse(bomb.as_bytes()).unwrap_err()).contains("DTD"));
    }
}
