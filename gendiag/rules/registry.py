"""All rules: by family, in the order of the chapters; and in the order in which they may claim a fault."""

from __future__ import annotations

from gendiag.rules.arguments.callback_not_run import CallbackNotRun
from gendiag.rules.arguments.class_weight_mismatch import ClassWeightMismatch
from gendiag.rules.arguments.impossible_argument import ImpossibleArgument
from gendiag.rules.arguments.not_iterable import NotIterable
from gendiag.rules.arguments.steps_not_positive import StepsNotPositive
from gendiag.rules.arguments.unsupported_argument import UnsupportedArgument
from gendiag.rules.dtypes.complex_dtype import ComplexDtype
from gendiag.rules.dtypes.dtype_drift import DtypeDrift
from gendiag.rules.dtypes.loss_dtype import LossDtype
from gendiag.rules.dtypes.mask_lost import MaskLost
from gendiag.rules.dtypes.object_or_string_dtype import ObjectOrStringDtype
from gendiag.rules.dtypes.rounded_in_model import RoundedInModel
from gendiag.rules.dtypes.silent_cast import SilentCast
from gendiag.rules.epochs.duplicate_batches import DuplicateBatches
from gendiag.rules.epochs.endless import Endless
from gendiag.rules.epochs.epoch_hook_early import EpochHookEarly
from gendiag.rules.epochs.exhausted import Exhausted
from gendiag.rules.epochs.leftover_state import LeftoverState
from gendiag.rules.epochs.len_mismatch import LenMismatch
from gendiag.rules.epochs.never_reshuffled import NeverReshuffled
from gendiag.rules.epochs.no_steps import NoSteps
from gendiag.rules.epochs.overlapping_batches import OverlappingBatches
from gendiag.rules.epochs.samples_as_steps import SamplesAsSteps
from gendiag.rules.epochs.stateful_shuffled import StatefulShuffled
from gendiag.rules.epochs.steps_mismatch import StepsMismatch
from gendiag.rules.epochs.zero_length import ZeroLength
from gendiag.rules.labels.constant_labels import ConstantLabels
from gendiag.rules.labels.labels_out_of_range import LabelsOutOfRange
from gendiag.rules.labels.labels_vs_loss import LabelsVsLoss
from gendiag.rules.labels.single_class import SingleClass
from gendiag.rules.labels.torn_pairs import TornPairs
from gendiag.rules.model.loss_not_finite import LossNotFinite
from gendiag.rules.model.model_rejects import ModelRejects
from gendiag.rules.model.output_vs_loss import OutputVsLoss
from gendiag.rules.pipeline.buffer_reuse import BufferReuse
from gendiag.rules.pipeline.fit_refuses import FitRefuses
from gendiag.rules.pipeline.input_bound import InputBound
from gendiag.rules.pipeline.leak import Leak
from gendiag.rules.pipeline.no_answer import NoAnswer
from gendiag.rules.pipeline.source_raises import SourceRaises
from gendiag.rules.rule import Rule
from gendiag.rules.shapes.batch_size_varies import BatchSizeVaries
from gendiag.rules.shapes.batch_too_big import BatchTooBig
from gendiag.rules.shapes.empty_batch import EmptyBatch
from gendiag.rules.shapes.extra_axis import ExtraAxis
from gendiag.rules.shapes.feature_shape_drift import FeatureShapeDrift
from gendiag.rules.shapes.input_mismatch import InputMismatch
from gendiag.rules.shapes.label_shape import LabelShape
from gendiag.rules.shapes.missing_batch_axis import MissingBatchAxis
from gendiag.rules.shapes.rank_drift import RankDrift
from gendiag.rules.shapes.static_batch import StaticBatch
from gendiag.rules.shapes.weights_shape import WeightsShape
from gendiag.rules.shapes.xy_length_mismatch import XyLengthMismatch
from gendiag.rules.structure.arity import Arity
from gendiag.rules.structure.input_count import InputCount
from gendiag.rules.structure.list_of_inputs import ListOfInputs
from gendiag.rules.structure.none_in_batch import NoneInBatch
from gendiag.rules.structure.not_a_tuple import NotATuple
from gendiag.rules.structure.python_list_leaf import PythonListLeaf
from gendiag.rules.structure.structure_drift import StructureDrift
from gendiag.rules.structure.target_structure import TargetStructure
from gendiag.rules.validation.monitor_missing import MonitorMissing
from gendiag.rules.validation.never_validated import NeverValidated
from gendiag.rules.validation.shared_generator import SharedGenerator
from gendiag.rules.validation.unseen_classes import UnseenClasses
from gendiag.rules.validation.validation_differs import ValidationDiffers
from gendiag.rules.validation.validation_form import ValidationForm
from gendiag.rules.validation.validation_not_comparable import ValidationNotComparable
from gendiag.rules.validation.validation_overlap import ValidationOverlap
from gendiag.rules.values.blank_batches import BlankBatches
from gendiag.rules.values.double_scaled import DoubleScaled
from gendiag.rules.values.nan_inf import NanInf
from gendiag.rules.values.negative_weights import NegativeWeights
from gendiag.rules.values.unfilled_rows import UnfilledRows
from gendiag.rules.values.unscaled import Unscaled
from gendiag.rules.values.value_drift import ValueDrift
from gendiag.rules.workers.fork_pickle import ForkPickle
from gendiag.rules.workers.fork_rng import ForkRng
from gendiag.rules.workers.order_nondeterministic import OrderNondeterministic
from gendiag.rules.workers.thread_unsafe import ThreadUnsafe

# The folders beside this file, in the order in which they are taught; what each is about, its docstring says.
FAMILIES = (
    *("structure", "shapes", "dtypes", "values", "labels", "epochs", "workers", "validation", "model", "arguments"),
    "pipeline",
)
# The specific before the general.
RULES: tuple[Rule, ...] = (
    NotIterable(),
    ValidationForm(),
    ThreadUnsafe(),
    LeftoverState(),
    ForkPickle(),
    ImpossibleArgument(),
    ClassWeightMismatch(),
    UnsupportedArgument(),
    SharedGenerator(),
    SourceRaises(),
    ZeroLength(),
    NoneInBatch(),
    NotATuple(),
    Arity(),
    StructureDrift(),
    InputCount(),
    MissingBatchAxis(),
    PythonListLeaf(),
    ListOfInputs(),
    ObjectOrStringDtype(),
    RankDrift(),
    FeatureShapeDrift(),
    ExtraAxis(),
    InputMismatch(),
    StaticBatch(),
    TargetStructure(),
    XyLengthMismatch(),
    SingleClass(),
    LabelsVsLoss(),
    LabelsOutOfRange(),
    ValidationDiffers(),
    LabelShape(),
    WeightsShape(),
    LossDtype(),
    Endless(),
    NoAnswer(),
    BufferReuse(),
    MaskLost(),
    SilentCast(),
    RoundedInModel(),
    ComplexDtype(),
    NanInf(),
    NoSteps(),
    StepsNotPositive(),
    Exhausted(),
    LenMismatch(),
    StepsMismatch(),
    SamplesAsSteps(),
    StatefulShuffled(),
    ForkRng(),
    Leak(),
    EmptyBatch(),
    OutputVsLoss(),
    NegativeWeights(),
    TornPairs(),
    UnfilledRows(),
    BlankBatches(),
    DuplicateBatches(),
    OverlappingBatches(),
    NeverReshuffled(),
    ConstantLabels(),
    DoubleScaled(),
    Unscaled(),
    ValueDrift(),
    LossNotFinite(),
    BatchTooBig(),
    ModelRejects(),
    FitRefuses(),
    OrderNondeterministic(),
    UnseenClasses(),
    NeverValidated(),
    ValidationOverlap(),
    ValidationNotComparable(),
    MonitorMissing(),
    EpochHookEarly(),
    InputBound(),
    CallbackNotRun(),
    DtypeDrift(),
    BatchSizeVaries(),
)
BY_NAME = {rule.name: rule for rule in RULES}
