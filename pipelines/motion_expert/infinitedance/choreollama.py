"""ChoreoLLaMA: a language model that reads music and writes dance tokens.

docs/reference/infinitedance.md#choreollama.

Shapes: B batch, S music states, N tokens (slot n mod 3), M width, Q = 3 slots, K codes of a slot,
C width of a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.cadence import CadenceConfig, CadenceMoE, in_time
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import read_json

Inputs = Literal["embeddings", "indices"]


@dataclass(frozen=True)
class ChoreoConfig:
    """Sizes of a ChoreoLLaMA.

    Attributes:
        cadence: of what it hears; its width is the language model's.
        layers, heads, key_heads, feed: of the language model.
        slots, codes, code_width: of the tokenizer.
        inputs: what stands for a token: its code ("embeddings"), or a learned vector ("indices").
        theta: base of the rotary positions.
        dropout: in training, of what enters and of the language model's attention.
    """

    cadence: CadenceConfig
    layers: int = 16
    heads: int = 32
    key_heads: int = 8
    feed: int = 8192
    slots: int = 3
    codes: int = 512
    code_width: int = 1024
    inputs: Inputs = "embeddings"
    theta: float = 500_000.0
    dropout: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> ChoreoConfig:
        """What `to_json` gave; raises TypeError or KeyError for anything else."""
        cadence = dict(values["cadence"])
        cadence["edges"] = tuple(cadence["edges"])
        return ChoreoConfig(**{**values, "cadence": CadenceConfig(**cadence)})


class ChoreoLlama(nn.Module):
    """Music states first, then tokens, each seen by those behind it.

    Args:
        config: the sizes.
        codes_QKC: the tokenizer's codes.
        backbone: a folder with a LLaMA in Hugging Face's format, whose weights are kept as they
            are; None begins with random ones.

    Raises:
        MissingAsset, UnsuitableInput: the folder is none, half there, or of another family.
    """

    codes_QKC: Tensor
    music_mean_F: Tensor
    music_std_F: Tensor
    reference_mean_C: Tensor
    reference_std_C: Tensor

    def __init__(
        self, config: ChoreoConfig, codes_QKC: Tensor, backbone: Path | None = None
    ) -> None:
        super().__init__()
        self.config = config
        width = config.cadence.width
        self.cadence = CadenceMoE(config.cadence)
        self.backbone = fresh_backbone(config) if backbone is None else read_backbone(backbone)
        if self.backbone.config.hidden_size != width:
            raise UnsuitableInput(
                f"{backbone}: its states are {self.backbone.config.hidden_size} wide, the preset's "
                f"{width}",
                "use the --preset of that size",
            )
        self.register_buffer("codes_QKC", codes_QKC.clone())
        for name, count in (("music", config.cadence.music), ("reference", columns.WIDTH)):
            letter = "F" if name == "music" else "C"
            self.register_buffer(f"{name}_mean_{letter}", torch.zeros(count))
            self.register_buffer(f"{name}_std_{letter}", torch.ones(count))
        if config.inputs == "embeddings":
            self.bridge: nn.Module = nn.Sequential(
                nn.Linear(config.code_width, width), nn.GELU(), nn.Linear(width, width)
            )
        else:
            self.bridge = nn.Embedding(config.slots * config.codes, width)
        self.head = nn.Linear(width, config.slots * config.codes, bias=False)
        self.style_head = nn.Linear(width, config.cadence.styles)

    def bridges(self) -> list[nn.Module]:
        """What the first stage trains, while the language model stays as it is."""
        return [self.cadence, self.bridge, self.head, self.style_head]

    def hear(self, music_BTF: Tensor, style_B: Tensor, reference_BTC: Tensor | None) -> Tensor:
        """States (B, S, M) at 25 Hz of raw music and a reference that is not scaled, at 30 Hz.

        Music that is at 25 Hz itself goes in as it is.
        """
        states = Span.of_rows(music_BTF.shape[1], self.config.cadence.music_hz).music
        music_BSF = (music_BTF - self.music_mean_F) / self.music_std_F
        if states != music_BTF.shape[1]:
            music_BSF = in_time(music_BSF, states)
        if reference_BTC is not None:
            reference_BTC = (reference_BTC - self.reference_mean_C) / self.reference_std_C
        out: Tensor = self.cadence(music_BSF, style_B, reference_BTC)
        return out

    def embedded(self, tokens_BN: Tensor, first: int = 0) -> Tensor:
        """Tokens as the language model's inputs (B, N, M); `first` is the number of the first."""
        slot_N = torch.arange(first, first + tokens_BN.shape[1], device=tokens_BN.device)
        slot_N = slot_N % self.config.slots
        if self.config.inputs == "indices":
            out: Tensor = self.bridge(slot_N * self.config.codes + tokens_BN)
        else:
            out = self.bridge(self.codes_QKC[slot_N, tokens_BN])
        return out

    def forward(self, states_BSM: Tensor, tokens_BN: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, N, Q K) of each token from all before it, and their states (B, N, M).

        The last music state says the first token; the last token is never read.
        """
        inputs = torch.cat([states_BSM, self.embedded(tokens_BN[:, :-1])], 1)
        inputs = F.dropout(inputs, self.config.dropout, self.training)
        hidden = self.backbone(inputs_embeds=inputs, use_cache=False).last_hidden_state
        said = hidden[:, states_BSM.shape[1] - 1 :]
        return self.head(said), said

    def next_logits(self, inputs_BPM: Tensor, cache: Any, slot: int) -> Tensor:
        """Logits (B, K) of the next token, of its slot alone; fills the cache."""
        hidden = self.backbone(
            inputs_embeds=inputs_BPM, past_key_values=cache, use_cache=True
        ).last_hidden_state
        part = slice(slot * self.config.codes, (slot + 1) * self.config.codes)
        out: Tensor = F.linear(hidden[:, -1], self.head.weight[part])
        return out

    def loss(
        self,
        states_BSM: Tensor,
        style_B: Tensor,
        tokens_BN: Tensor,
        style_weight: float = 0.15,
    ) -> tuple[Tensor, dict[str, float]]:
        """Cross-entropy over all slots' codes; the style is read off the states that wrote dance.

        Args:
            states_BSM: what is heard. style_B: -1 for none, which is not asked for.
            tokens_BN: in the order a, b, c, a, ... each counted from 0 within its slot.
            style_weight: of the style's part.
        """
        logits, said = self(states_BSM, tokens_BN)
        slot_N = torch.arange(tokens_BN.shape[1], device=tokens_BN.device) % self.config.slots
        wanted = tokens_BN + slot_N * self.config.codes
        cross = F.cross_entropy(logits.flatten(0, 1), wanted.flatten())
        right = (logits.detach().argmax(-1) == wanted).double()
        figures = {"tokens": float(cross.detach())} | {
            f"right_{q}": float(right[:, q :: self.config.slots].mean())
            for q in range(self.config.slots)
        }
        known = style_B >= 0
        if not style_weight or not known.any():
            return cross, figures
        style = F.cross_entropy(self.style_head(said.mean(1))[known], style_B[known])
        return cross + style_weight * style, figures | {"style": float(style.detach())}


def fresh_backbone(config: ChoreoConfig) -> Any:
    """A LLaMA of the config's size with random weights; tokens never enter it by number."""
    from transformers import LlamaConfig, LlamaModel

    made = LlamaModel(
        LlamaConfig(
            vocab_size=1, hidden_size=config.cadence.width, intermediate_size=config.feed,
            num_hidden_layers=config.layers, num_attention_heads=config.heads,
            num_key_value_heads=config.key_heads, max_position_embeddings=2048,
            rope_parameters={"rope_type": "default", "rope_theta": config.theta},
            attention_dropout=config.dropout, bos_token_id=None, eos_token_id=None,
        )
    )  # fmt: skip
    return _without_vocabulary(made)


def read_backbone(folder: Path) -> Any:
    """The LLaMA of a folder in Hugging Face's format, its weights untouched.

    Raises:
        MissingAsset: no such folder, or files are missing.
        UnsuitableInput: another family, or weights that do not fit or are half there.
    """
    described = folder / "config.json"
    if not described.is_file():
        raise MissingAsset(
            f"--llama {folder}: holds no config.json", "name a folder of a LLaMA from its makers"
        )
    try:
        family = read_json(described).get("model_type")
    except (ValueError, AttributeError) as error:
        raise UnsuitableInput(f"--llama {folder}: config.json is damaged ({error})") from error
    if family != "llama":
        raise UnsuitableInput(f"--llama {folder}: a {family}, not a LLaMA")
    from transformers import LlamaModel

    try:
        made, report = LlamaModel.from_pretrained(
            folder, local_files_only=True, output_loading_info=True, dtype=torch.float32
        )
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise UnsuitableInput(f"--llama {folder}: cannot be read ({first})") from error
    except Exception as error:
        # safetensors has an error of its own for files that are cut off.
        if type(error).__module__.partition(".")[0] != "safetensors":
            raise
        raise UnsuitableInput(
            f"--llama {folder}: its weights are damaged ({error})", "download it again"
        ) from error
    lost = sorted(report["missing_keys"])
    if lost:
        raise UnsuitableInput(
            f"--llama {folder}: {len(lost)} weights are missing, {lost[0]} among them",
            "download it again",
        )
    return _without_vocabulary(made)


def _without_vocabulary(model: Any) -> Any:
    """Without the table of words, which nothing here reads: a quarter of LLaMA-3.2-1B."""
    model.embed_tokens = None
    return model
