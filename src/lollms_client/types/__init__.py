"""Request and result types of the six modalities: frozen, keyword-only, one module for each."""

from lollms_client.types.accounting import CallWarning, Progress, TokenCount, Usage
from lollms_client.types.catalogue import ModelInfo, Voice
from lollms_client.types.chat import (
    ChatAccumulator,
    ChatRequest,
    ChatResult,
    Finish,
    Finished,
    LogprobsDelta,
    MediaDelta,
    ProgressPart,
    ReasoningDelta,
    ResponseFormat,
    StreamPart,
    TextDelta,
    TokenLogprob,
    Tool,
    ToolCallDelta,
    WarningPart,
)
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from lollms_client.types.music import MusicRequest, MusicResult
from lollms_client.types.speech import SpeechRequest, SpeechResult
from lollms_client.types.transcription import Segment, TranscriptionRequest, TranscriptionResult, Word
from lollms_client.types.video import VideoRequest, VideoResult

__all__ = [
    "AudioPart", "CallWarning", "ChatAccumulator", "ChatRequest", "ChatResult", "EmbeddingRequest", "EmbeddingResult",
    "FilePart", "Finish", "Finished", "ImagePart", "ImageRequest", "ImageResult", "LogprobsDelta", "Media",
    "MediaDelta", "Message", "ModelInfo", "MusicRequest", "MusicResult", "Part", "Progress", "ProgressPart",
    "ReasoningDelta", "ReasoningPart", "ResponseFormat", "Role", "Segment", "SpeechRequest", "SpeechResult",
    "StreamPart", "TextDelta", "TextPart", "TokenCount", "TokenLogprob", "Tool", "ToolCallDelta", "ToolCallPart",
    "ToolResultPart", "TranscriptionRequest", "TranscriptionResult", "Usage", "VideoRequest", "VideoResult", "Voice",
    "WarningPart", "Word",
]  # fmt: skip
