"""The rules, in the order in which they may claim a fault: the specific before the general."""

from __future__ import annotations

from gendiag.rules.arity import Arity
from gendiag.rules.base import Rule
from gendiag.rules.batch_size_varies import BatchSizeVaries
from gendiag.rules.batch_too_big import BatchTooBig
from gendiag.rules.blank_batches import BlankBatches
from gendiag.rules.buffer_reuse import BufferReuse
from gendiag.rules.complex_dtype import ComplexDtype
from gendiag.rules.constant_labels import ConstantLabels
from gendiag.rules.double_scaled import DoubleScaled
from gendiag.rules.dtype_drift import DtypeDrift
from gendiag.rules.duplicate_batches import DuplicateBatches
from gendiag.rules.empty_batch import EmptyBatch
from gendiag.rules.endless import Endless
from gendiag.rules.epoch_hook_early import EpochHookEarly
from gendiag.rules.exhausted import Exhausted
from gendiag.rules.extra_axis import ExtraAxis
from gendiag.rules.feature_shape_drift import FeatureShapeDrift
from gendiag.rules.fit_refuses import FitRefuses
from gendiag.rules.fork_pickle import ForkPickle
from gendiag.rules.fork_rng import ForkRng
from gendiag.rules.input_bound import InputBound
from gendiag.rules.input_count import InputCount
from gendiag.rules.input_mismatch import InputMismatch
from gendiag.rules.label_shape import LabelShape
from gendiag.rules.labels_out_of_range import LabelsOutOfRange
from gendiag.rules.labels_vs_loss import LabelsVsLoss
from gendiag.rules.leak import Leak
from gendiag.rules.leftover_state import LeftoverState
from gendiag.rules.len_mismatch import LenMismatch
from gendiag.rules.list_of_inputs import ListOfInputs
from gendiag.rules.loss_dtype import LossDtype
from gendiag.rules.loss_not_finite import LossNotFinite
from gendiag.rules.mask_lost import MaskLost
from gendiag.rules.missing_batch_axis import MissingBatchAxis
from gendiag.rules.model_rejects import ModelRejects
from gendiag.rules.nan_inf import NanInf
from gendiag.rules.negative_weights import NegativeWeights
from gendiag.rules.never_reshuffled import NeverReshuffled
from gendiag.rules.no_answer import NoAnswer
from gendiag.rules.none_in_batch import NoneInBatch
from gendiag.rules.not_a_tuple import NotATuple
from gendiag.rules.not_iterable import NotIterable
from gendiag.rules.object_or_string_dtype import ObjectOrStringDtype
from gendiag.rules.order_nondeterministic import OrderNondeterministic
from gendiag.rules.output_vs_loss import OutputVsLoss
from gendiag.rules.overlapping_batches import OverlappingBatches
from gendiag.rules.python_list_leaf import PythonListLeaf
from gendiag.rules.rank_drift import RankDrift
from gendiag.rules.rounded_in_model import RoundedInModel
from gendiag.rules.shared_generator import SharedGenerator
from gendiag.rules.silent_cast import SilentCast
from gendiag.rules.single_class import SingleClass
from gendiag.rules.source_raises import SourceRaises
from gendiag.rules.static_batch import StaticBatch
from gendiag.rules.steps_mismatch import StepsMismatch
from gendiag.rules.structure_drift import StructureDrift
from gendiag.rules.target_structure import TargetStructure
from gendiag.rules.thread_unsafe import ThreadUnsafe
from gendiag.rules.torn_pairs import TornPairs
from gendiag.rules.unfilled_rows import UnfilledRows
from gendiag.rules.unscaled import Unscaled
from gendiag.rules.unsupported_argument import UnsupportedArgument
from gendiag.rules.validation_not_comparable import ValidationNotComparable
from gendiag.rules.value_drift import ValueDrift
from gendiag.rules.weights_shape import WeightsShape
from gendiag.rules.xy_length_mismatch import XyLengthMismatch
from gendiag.rules.zero_length import ZeroLength

RULES: tuple[Rule, ...] = (
    NotIterable(),
    ThreadUnsafe(),
    LeftoverState(),
    ForkPickle(),
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
    Exhausted(),
    LenMismatch(),
    StepsMismatch(),
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
    ValidationNotComparable(),
    EpochHookEarly(),
    InputBound(),
    DtypeDrift(),
    BatchSizeVaries(),
)
