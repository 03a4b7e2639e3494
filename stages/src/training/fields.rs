//! The fields of the training kinds. One table serves all four; a kind changes only what it has by default.

use simvg_pipeline::{Field, Type};

use crate::precision;

const INT: Type = Type::Optional(&Type::Int);
const FLOAT: Type = Type::Optional(&Type::Float);
const BOOL: Type = Type::Optional(&Type::Bool);

const DISTILL: Type = Type::Optional(&Type::OneOf(&["hard", "hard_weighted", "soft"]));
const TARGETS: Type = Type::Optional(&Type::OneOf(&["score_iou_weighted", "score_weighted"]));
const POOL: Type = Type::Optional(&Type::OneOf(&["last_two", "masked_max"]));

const ENCODER: &[Field] = &[
    Field::optional("embed", INT, "None", "width C of every token"),
    Field::optional("heads", INT, "None", "attention heads"),
    Field::optional("ffn", INT, "None", "hidden width of the feed-forward networks"),
    Field::optional("depth", INT, "None", "number of layers"),
    Field::optional("img_size", INT, "None", "side of the square input picture in pixels"),
    Field::optional("patch_size", INT, "None", "side of a patch in pixels"),
    Field::optional("vocab_size", INT, "None", "rows of the token table"),
    Field::optional("max_source_positions", INT, "None", "rows of the text position table"),
    Field::optional("drop_path_rate", FLOAT, "None", "drop-path rate of the last layer"),
];

const HEAD: &[Field] = &[
    Field::optional("num_queries", INT, "None", "queries: 1 for one target, 10 for gRefCOCO"),
    Field::optional("embed_dim", INT, "None", "width of the head"),
    Field::optional("num_heads", INT, "None", "attention heads of the head"),
    Field::optional("num_decoder_layers", INT, "None", "layers of the decoder branch"),
    Field::optional("num_tgqg_layers", INT, "None", "layers of text-guided query generation"),
    Field::optional("feedforward_dim", INT, "None", "hidden width of the decoder's feed-forward networks"),
    Field::optional("tgqs_mid_dim", INT, "None", "hidden width of the query generation's feed-forward networks"),
    Field::optional("num_token_mlp_layers", INT, "None", "linear layers of the token MLP"),
    Field::optional("dropout", FLOAT, "None", "dropout inside the head"),
    Field::optional("aux_loss", BOOL, "None", "losses on every decoder layer"),
    Field::optional("share_predicthead", BOOL, "None", "both branches share their prediction layers"),
    Field::optional("text_guided_query_generation", BOOL, "None", "generate the query from the text"),
    Field::optional("only_decoder", BOOL, "None", "leave out the DETR encoder"),
    Field::optional("num_encoder_layers", INT, "None", "layers of the DETR encoder, if there is one"),
    Field::optional("mlp_aux_loss", BOOL, "None", "token losses on every layer of the token MLP"),
    Field::optional("distill_type", DISTILL, "None", "form of plain distillation"),
    Field::optional("prepare_target_mode", TARGETS, "None", "how the decoder's predictions become targets"),
    Field::optional("as_target_query_thr", FLOAT, "None", "score below which a prediction is no target"),
    Field::optional("text_pool", POOL, "None", "how the words are pooled; `compat` decides where it is left out"),
];

const MODEL: &[Field] = &[
    Field::required("preset", Type::OneOf(&simvg_model::config::PRESETS), "sizes to start from"),
    Field::optional("encoder", Type::Optional(&Type::Record(ENCODER)), "None", "what differs in the encoder"),
    Field::optional("head", Type::Optional(&Type::Record(HEAD)), "None", "what differs in the head"),
    Field::optional(
        "compat",
        Type::Optional(&Type::OneOf(&["Official", "Clean"])),
        "None",
        "which quirks of the reference are reproduced; the preset decides where it is left out",
    ),
];

const JITTER: &[Field] = &[
    Field::optional("min", Type::Float, "0.3", "smallest scale"),
    Field::optional("max", Type::Float, "1.4", "largest scale"),
];

const BALANCED: &[Field] = &[
    Field::required("token", Type::Float, "weight against the ground truth, times (1 - w)"),
    Field::required("distill", Type::Float, "weight against the decoder's predictions, times w"),
];

const BRANCHES: &[Field] = &[
    Field::optional("decoder", FLOAT, "None", "decoder branch against the ground truth"),
    Field::optional("token", FLOAT, "None", "token branch against the ground truth"),
    Field::optional("distill", FLOAT, "None", "token branch against the decoder's predictions"),
    Field::optional("merge", FLOAT, "None", "token branch against both together"),
    Field::optional("aux_distill", FLOAT, "None", "every token layer against its decoder layer"),
    Field::optional(
        "balanced_distill",
        Type::Optional(&Type::Record(BALANCED)),
        "None",
        "dynamic weight-balance distillation; replaces `token` and `distill`",
    ),
];

const GUIDANCE: &[Field] = &[
    Field::optional("decoder_attention", Type::Float, "0", "the decoder's cross-attention looks at the target"),
    Field::optional("cls_attention", Type::Float, "0", "the CLS token's attention looks at the target"),
    Field::optional(
        "cls_attention_layers",
        Type::Int,
        "1",
        "encoder layers, from the last, that `cls_attention` means",
    ),
    Field::optional("patch_coverage", Type::Float, "0", "each patch predicts how much of it the target covers"),
    Field::optional("patch_box", Type::Float, "0", "each patch inside the target predicts the target's box"),
    Field::optional("inner", Type::Float, "0", "share of the two above asked of the last but one layer as well"),
    Field::optional(
        "object_box",
        Type::Float,
        "0",
        "each patch predicts the box of the object on it, whatever the text",
    ),
    Field::optional("object_class", Type::Float, "0", "each patch predicts the category of the object on it"),
    Field::optional("object_classes", Type::Int, "0", "number of categories"),
    Field::optional("object_layer", Type::Int, "1", "encoder layer, from one, that the object losses speak to"),
];

/// Defaults that set the training kinds apart, as RON text.
pub struct Defaults {
    pub lr: &'static str,
    pub epochs: &'static str,
    pub decay_epochs: &'static str,
    pub jitter: &'static str,
    pub branches: &'static str,
}

/// What is trained, on what, from where: the same for every kind.
const SUBJECT: [Field; 16] = [
    Field::required("data", Type::Stage, "samples from Convert or Merge"),
    Field::required("model", Type::Record(MODEL), "the model: a preset and what differs from it"),
    Field::optional(
        "init",
        Type::Optional(&Type::StageOrPath),
        "None",
        "weights to start from: a training stage, or a file of safetensors or PyTorch (a whole model or a backbone)",
    ),
    Field::optional(
        "init_from",
        Type::OneOf(&["Live", "Ema"]),
        "Live",
        "which parameters of `init` are taken: as trained, or their moving average",
    ),
    Field::optional("init_scheme", Type::OneOf(&["Official", "Small"]), "Official", "how fresh parameters are drawn"),
    Field::optional("seed", Type::Int, "6666", "seed of every random draw of the stage"),
    Field::optional("train_split", Type::Str, "\"train\"", "split to train on"),
    Field::optional("val_split", Type::Optional(&Type::Str), "\"val\"", "split that chooses the best checkpoint"),
    Field::optional("val_limit", Type::Int, "0", "evaluate only the first so many samples of it; 0 is all"),
    Field::required("tokenizer", Type::Path, "SentencePiece model (`.spm`)"),
    Field::optional("max_token", Type::Int, "20", "longest text in tokens, start and end included"),
    Field::optional("pad_to_max", Type::Bool, "true", "pad every text to `max_token`, not to its batch's longest"),
    Field::optional("blind_text", Type::Bool, "false", "hide the text: the language-blind baseline"),
    Field::optional("mean", Type::List(&Type::Float), "[123.675, 116.28, 103.53]", "mean of the pixels, RGB"),
    Field::optional("std", Type::List(&Type::Float), "[58.395, 57.12, 57.375]", "their standard deviation, RGB"),
    Field::optional(
        "grouping",
        Type::OneOf(&["Any", "Orientation", "Group"]),
        "Orientation",
        "samples that share a batch: any, only wide or only tall pictures (official), or of one report group",
    ),
];

/// How it is trained: here the kinds have defaults of their own.
const fn recipe(d: &Defaults) -> [Field; 21] {
    [
        Field::optional("jitter", Type::Optional(&Type::Record(JITTER)), d.jitter, "large-scale jitter; None is off"),
        Field::optional("epochs", Type::Int, d.epochs, "passes over the training split"),
        Field::optional("batch", Type::Int, "32", "samples a step"),
        Field::optional("lr", Type::Float, d.lr, "learning rate of the head"),
        Field::optional("backbone_lr_ratio", Type::Float, "0.1", "learning rate of the backbone, as a share of `lr`"),
        Field::optional("warmup_epochs", Type::Float, "3", "epochs of warm-up"),
        Field::optional(
            "decay",
            Type::OneOf(&["Steps", "LinearEpochs", "LinearSteps"]),
            "Steps",
            "how the learning rate falls: at `decay_epochs`, or in a line to zero by epochs or by steps",
        ),
        Field::optional("decay_epochs", Type::List(&Type::Int), d.decay_epochs, "epochs at which it falls"),
        Field::optional("decay_ratio", Type::Float, "0.1", "by what factor"),
        Field::optional("betas", Type::List(&Type::Float), "[0.9, 0.98]", "Adam's averaging factors"),
        Field::optional("eps", Type::Float, "1e-9", "Adam's epsilon"),
        Field::optional("clip", Type::Float, "0.15", "largest global gradient norm"),
        Field::optional("ema", FLOAT, "None", "factor of the moving average, 0.999 in the paper; None is off"),
        Field::optional("evaluate_from", Type::Int, "0", "first epoch, from zero, that is evaluated"),
        Field::optional("branch_loss_weight", Type::Record(BRANCHES), d.branches, "which losses are taken"),
        Field::optional(
            "guidance",
            Type::Record(GUIDANCE),
            "()",
            "auxiliary losses that help a small backbone to start",
        ),
        precision::FIELD,
        Field::optional("cache_mib", Type::Int, "256", "memory for decoded pictures in MiB").not_in_key(),
        Field::optional("threads", Type::Int, "0", "threads of the picture loader; 0 is all cores").not_in_key(),
        Field::optional(
            "checkpoint_minutes",
            FLOAT,
            "10",
            "save the state this often within an epoch, to go on from there after a kill; 0 is after every step, None only \
             after every epoch",
        )
        .not_in_key(),
        Field::optional(
            "live_checkpoints",
            Type::Int,
            "3",
            "how many checkpoints, the newest, lie in the store's live/PIPELINE/STAGE for `watch --checkpoints`; 0 is none",
        )
        .not_in_key(),
    ]
}

/// The fields of a training kind with these defaults.
pub const fn training_fields(d: &Defaults) -> [Field; 37] {
    let recipe = recipe(d);
    let mut all = [SUBJECT[0]; 37];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < SUBJECT.len() { SUBJECT[i] } else { recipe[i - SUBJECT.len()] };
        i += 1;
    }
    all
}
