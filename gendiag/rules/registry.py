"""All rules: by family, in the order of the chapters; and in the order in which they may claim a fault."""

from __future__ import annotations

from gendiag.rules.arguments.callback_form import CallbackForm
from gendiag.rules.arguments.callback_not_run import CallbackNotRun
from gendiag.rules.arguments.checkpoint_name import CheckpointName
from gendiag.rules.arguments.class_weight_mismatch import ClassWeightMismatch
from gendiag.rules.arguments.impossible_argument import ImpossibleArgument
from gendiag.rules.arguments.not_iterable import NotIterable
from gendiag.rules.arguments.steps_not_positive import StepsNotPositive
from gendiag.rules.arguments.unsupported_argument import UnsupportedArgument
from gendiag.rules.dtypes.complex_dtype import ComplexDtype
from gendiag.rules.dtypes.dtype_drift import DtypeDrift
from gendiag.rules.dtypes.input_dtype import InputDtype
from gendiag.rules.dtypes.loss_dtype import LossDtype
from gendiag.rules.dtypes.mask_lost import MaskLost
from gendiag.rules.dtypes.object_or_string_dtype import ObjectOrStringDtype
from gendiag.rules.dtypes.rounded_in_model import RoundedInModel
from gendiag.rules.dtypes.silent_cast import SilentCast
from gendiag.rules.epochs.batches_shuffled_whole import BatchesShuffledWhole
from gendiag.rules.epochs.changed_in_place import ChangedInPlace
from gendiag.rules.epochs.duplicate_batches import DuplicateBatches
from gendiag.rules.epochs.endless import Endless
from gendiag.rules.epochs.epoch_hook_early import EpochHookEarly
from gendiag.rules.epochs.exhausted import Exhausted
from gendiag.rules.epochs.frozen_augmentation import FrozenAugmentation
from gendiag.rules.epochs.hook_never_called import HookNeverCalled
from gendiag.rules.epochs.hook_without_effect import HookWithoutEffect
from gendiag.rules.epochs.leftover_state import LeftoverState
from gendiag.rules.epochs.len_mismatch import LenMismatch
from gendiag.rules.epochs.lost_batches import LostBatches
from gendiag.rules.epochs.never_reshuffled import NeverReshuffled
from gendiag.rules.epochs.no_steps import NoSteps
from gendiag.rules.epochs.overlapping_batches import OverlappingBatches
from gendiag.rules.epochs.sample_twice import SampleTwice
from gendiag.rules.epochs.samples_as_steps import SamplesAsSteps
from gendiag.rules.epochs.stateful_shuffled import StatefulShuffled
from gendiag.rules.epochs.steps_mismatch import StepsMismatch
from gendiag.rules.epochs.unusable_length import UnusableLength
from gendiag.rules.epochs.zero_length import ZeroLength
from gendiag.rules.labels.constant_labels import ConstantLabels
from gendiag.rules.labels.ignored_labels import IgnoredLabels
from gendiag.rules.labels.label_leak import LabelLeak
from gendiag.rules.labels.labels_out_of_range import LabelsOutOfRange
from gendiag.rules.labels.labels_vs_loss import LabelsVsLoss
from gendiag.rules.labels.rows_without_class import RowsWithoutClass
from gendiag.rules.labels.single_class import SingleClass
from gendiag.rules.labels.steps_without_class import StepsWithoutClass
from gendiag.rules.labels.torn_augmentation import TornAugmentation
from gendiag.rules.labels.torn_pairs import TornPairs
from gendiag.rules.labels.transcript_too_long import TranscriptTooLong
from gendiag.rules.labels.zero_targets import ZeroTargets
from gendiag.rules.model.compile_argument import CompileArgument
from gendiag.rules.model.loss_not_finite import LossNotFinite
from gendiag.rules.model.metric_mismatch import MetricMismatch
from gendiag.rules.model.model_rejects import ModelRejects
from gendiag.rules.model.nan_weights import NanWeights
from gendiag.rules.model.not_adapted import NotAdapted
from gendiag.rules.model.output_vs_loss import OutputVsLoss
from gendiag.rules.pipeline.buffer_reuse import BufferReuse
from gendiag.rules.pipeline.dataset_raises import DatasetRaises
from gendiag.rules.pipeline.errors_ignored import ErrorsIgnored
from gendiag.rules.pipeline.fit_refuses import FitRefuses
from gendiag.rules.pipeline.input_bound import InputBound
from gendiag.rules.pipeline.leak import Leak
from gendiag.rules.pipeline.no_answer import NoAnswer
from gendiag.rules.pipeline.source_raises import SourceRaises
from gendiag.rules.rule import Rule
from gendiag.rules.shapes.batch_of_one import BatchOfOne
from gendiag.rules.shapes.batch_size_varies import BatchSizeVaries
from gendiag.rules.shapes.batch_too_big import BatchTooBig
from gendiag.rules.shapes.broadcast_labels import BroadcastLabels
from gendiag.rules.shapes.empty_batch import EmptyBatch
from gendiag.rules.shapes.extra_axis import ExtraAxis
from gendiag.rules.shapes.feature_shape_drift import FeatureShapeDrift
from gendiag.rules.shapes.input_mismatch import InputMismatch
from gendiag.rules.shapes.label_shape import LabelShape
from gendiag.rules.shapes.missing_batch_axis import MissingBatchAxis
from gendiag.rules.shapes.ragged_tensor import RaggedTensor
from gendiag.rules.shapes.rank_drift import RankDrift
from gendiag.rules.shapes.smaller_last_batch import SmallerLastBatch
from gendiag.rules.shapes.static_batch import StaticBatch
from gendiag.rules.shapes.unknown_shape import UnknownShape
from gendiag.rules.shapes.weights_shape import WeightsShape
from gendiag.rules.shapes.xy_length_mismatch import XyLengthMismatch
from gendiag.rules.structure.arity import Arity
from gendiag.rules.structure.counter_as_x import CounterAsX
from gendiag.rules.structure.input_count import InputCount
from gendiag.rules.structure.list_for_array import ListForArray
from gendiag.rules.structure.list_of_inputs import ListOfInputs
from gendiag.rules.structure.nested_dataset import NestedDataset
from gendiag.rules.structure.none_in_batch import NoneInBatch
from gendiag.rules.structure.not_a_tuple import NotATuple
from gendiag.rules.structure.python_list_leaf import PythonListLeaf
from gendiag.rules.structure.step_unpacks import StepUnpacks
from gendiag.rules.structure.structure_drift import StructureDrift
from gendiag.rules.structure.target_structure import TargetStructure
from gendiag.rules.structure.zip_cut import ZipCut
from gendiag.rules.validation.monitor_direction import MonitorDirection
from gendiag.rules.validation.monitor_missing import MonitorMissing
from gendiag.rules.validation.never_validated import NeverValidated
from gendiag.rules.validation.scaled_apart import ScaledApart
from gendiag.rules.validation.shared_generator import SharedGenerator
from gendiag.rules.validation.split_reshuffled import SplitReshuffled
from gendiag.rules.validation.unseen_classes import UnseenClasses
from gendiag.rules.validation.validation_differs import ValidationDiffers
from gendiag.rules.validation.validation_form import ValidationForm
from gendiag.rules.validation.validation_not_comparable import ValidationNotComparable
from gendiag.rules.validation.validation_overlap import ValidationOverlap
from gendiag.rules.values.blank_batches import BlankBatches
from gendiag.rules.values.double_scaled import DoubleScaled
from gendiag.rules.values.ids_out_of_range import IdsOutOfRange
from gendiag.rules.values.masked_samples import MaskedSamples
from gendiag.rules.values.nan_inf import NanInf
from gendiag.rules.values.negative_weights import NegativeWeights
from gendiag.rules.values.unfilled_rows import UnfilledRows
from gendiag.rules.values.unscaled import Unscaled
from gendiag.rules.values.value_drift import ValueDrift
from gendiag.rules.values.values_too_large import ValuesTooLarge
from gendiag.rules.workers.fork_pickle import ForkPickle
from gendiag.rules.workers.fork_rng import ForkRng
from gendiag.rules.workers.hook_overtaken import HookOvertaken
from gendiag.rules.workers.order_nondeterministic import OrderNondeterministic
from gendiag.rules.workers.super_not_called import SuperNotCalled
from gendiag.rules.workers.thread_unsafe import ThreadUnsafe

# The folders beside this file, in the order in which they are taught; what each is about, its docstring says.
FAMILIES = (
    *("structure", "shapes", "dtypes", "values", "labels", "epochs", "workers", "validation", "model", "arguments"),
    "pipeline",
)
# The specific before the general.
RULES: tuple[Rule, ...] = (
    ListForArray(),
    NotIterable(),
    ValidationForm(),
    ThreadUnsafe(),
    LeftoverState(),
    ForkPickle(),
    ImpossibleArgument(),
    ClassWeightMismatch(),
    UnsupportedArgument(),
    CompileArgument(),
    SharedGenerator(),
    UnusableLength(),
    SourceRaises(),
    DatasetRaises(),
    ZeroLength(),
    NoneInBatch(),
    NotATuple(),
    NestedDataset(),
    CounterAsX(),
    Arity(),
    StructureDrift(),
    StepUnpacks(),
    InputCount(),
    MissingBatchAxis(),
    PythonListLeaf(),
    ListOfInputs(),
    ObjectOrStringDtype(),
    RaggedTensor(),
    EmptyBatch(),
    RankDrift(),
    FeatureShapeDrift(),
    ExtraAxis(),
    InputMismatch(),
    StaticBatch(),
    SmallerLastBatch(),
    TargetStructure(),
    XyLengthMismatch(),
    SingleClass(),
    NotAdapted(),
    IdsOutOfRange(),
    LabelsVsLoss(),
    LabelsOutOfRange(),
    ValidationDiffers(),
    LabelShape(),
    BroadcastLabels(),
    WeightsShape(),
    MetricMismatch(),
    InputDtype(),
    LossDtype(),
    UnknownShape(),
    Endless(),
    NoAnswer(),
    NanWeights(),
    BufferReuse(),
    LostBatches(),
    MaskLost(),
    SilentCast(),
    RoundedInModel(),
    ComplexDtype(),
    MaskedSamples(),
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
    BatchOfOne(),
    OutputVsLoss(),
    RowsWithoutClass(),
    StepsWithoutClass(),
    IgnoredLabels(),
    TranscriptTooLong(),
    ZeroTargets(),
    NegativeWeights(),
    ErrorsIgnored(),
    TornPairs(),
    TornAugmentation(),
    ZipCut(),
    LabelLeak(),
    UnfilledRows(),
    BlankBatches(),
    ChangedInPlace(),
    DuplicateBatches(),
    OverlappingBatches(),
    SampleTwice(),
    HookNeverCalled(),
    HookOvertaken(),
    HookWithoutEffect(),
    FrozenAugmentation(),
    NeverReshuffled(),
    ConstantLabels(),
    DoubleScaled(),
    Unscaled(),
    ValueDrift(),
    ValuesTooLarge(),
    LossNotFinite(),
    BatchTooBig(),
    ModelRejects(),
    CallbackForm(),
    CheckpointName(),
    MonitorMissing(),
    MonitorDirection(),
    FitRefuses(),
    OrderNondeterministic(),
    UnseenClasses(),
    NeverValidated(),
    ValidationOverlap(),
    SuperNotCalled(),
    SplitReshuffled(),
    ValidationNotComparable(),
    ScaledApart(),
    EpochHookEarly(),
    BatchesShuffledWhole(),
    InputBound(),
    CallbackNotRun(),
    DtypeDrift(),
    BatchSizeVaries(),
)
BY_NAME = {rule.name: rule for rule in RULES}
