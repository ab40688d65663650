// The gradient of attention, one head at a time.

#ifndef CKERNELS_ATTENTION_GRADIENT_H
#define CKERNELS_ATTENTION_GRADIENT_H

#include <stddef.h>

#include "attention.h"

/// Floats of scratch memory that `ck_attention_gradient` wants.
size_t ck_attention_gradient_scratch_count(const ck_attention *a);
/// With P = softmax(scale · Q Kᵀ), computed again for some queries at a time:
///     dV = Pᵀ dY,  dP = dY Vᵀ,  dS = scale · P ⊙ (dP − Σ P ⊙ dP),  dQ = dS K,  dK = dSᵀ Q
/// All matrices are one head's, their rows `stride` floats apart.
void ck_attention_gradient(
    const ck_attention *a, const float *q, const float *k, const float *v, const float *dy,
    float *scratch, float *dq, float *dk, float *dv);

#endif
