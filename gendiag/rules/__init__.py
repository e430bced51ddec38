"""The rules, in the order in which they may claim a fault: the specific before the general."""

from __future__ import annotations

from gendiag.rules.arity import Arity
from gendiag.rules.base import Rule
from gendiag.rules.batch_size_varies import BatchSizeVaries
from gendiag.rules.buffer_reuse import BufferReuse
from gendiag.rules.dtype_drift import DtypeDrift
from gendiag.rules.empty_batch import EmptyBatch
from gendiag.rules.endless import Endless
from gendiag.rules.exhausted import Exhausted
from gendiag.rules.feature_shape_drift import FeatureShapeDrift
from gendiag.rules.fit_refuses import FitRefuses
from gendiag.rules.list_of_inputs import ListOfInputs
from gendiag.rules.model_rejects import ModelRejects
from gendiag.rules.nan_inf import NanInf
from gendiag.rules.no_answer import NoAnswer
from gendiag.rules.none_in_batch import NoneInBatch
from gendiag.rules.not_a_tuple import NotATuple
from gendiag.rules.not_iterable import NotIterable
from gendiag.rules.object_or_string_dtype import ObjectOrStringDtype
from gendiag.rules.python_list_leaf import PythonListLeaf
from gendiag.rules.rank_drift import RankDrift
from gendiag.rules.silent_cast import SilentCast
from gendiag.rules.source_raises import SourceRaises
from gendiag.rules.structure_drift import StructureDrift
from gendiag.rules.xy_length_mismatch import XyLengthMismatch
from gendiag.rules.zero_length import ZeroLength

RULES: tuple[Rule, ...] = (
    NotIterable(),
    SourceRaises(),
    ZeroLength(),
    NoneInBatch(),
    NotATuple(),
    Arity(),
    StructureDrift(),
    PythonListLeaf(),
    ListOfInputs(),
    ObjectOrStringDtype(),
    RankDrift(),
    FeatureShapeDrift(),
    XyLengthMismatch(),
    Endless(),
    NoAnswer(),
    BufferReuse(),
    SilentCast(),
    NanInf(),
    Exhausted(),
    EmptyBatch(),
    ModelRejects(),
    FitRefuses(),
    DtypeDrift(),
    BatchSizeVaries(),
)
