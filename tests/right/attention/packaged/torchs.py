"""torch's own attention of many heads, behind the course's weights."""

import torch
from torch.nn.functional import multi_head_attention_forward


def causal_mask(steps):
    return torch.nn.Transformer.generate_square_subsequent_mask(steps).isinf()


def torchs_attention(queries, keys, values, hidden, num_heads, W_q, W_k, W_v, W_o):
    mask = None if hidden is None else hidden.repeat_interleave(num_heads, dim=0)
    output, _ = multi_head_attention_forward(
        *(one.transpose(0, 1) for one in (queries, keys, values)),
        embed_dim_to_check=queries.size(-1),
        num_heads=num_heads,
        in_proj_weight=torch.cat([W_q.T, W_k.T, W_v.T]),
        in_proj_bias=None,
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=W_o.T,
        out_proj_bias=None,
        training=False,
        need_weights=False,
        attn_mask=mask,
    )
    return output.transpose(0, 1)
