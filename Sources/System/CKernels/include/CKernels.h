// Small C loops that the compiler vectorises, chosen at run time for the processor at hand.
//
// Every function works on caller-owned memory, allocates nothing that outlives the call and keeps no
// state, but for the threads of parallel.h. Lengths are element counts. Unless a comment says otherwise, `out` may be one of the inputs.

#ifndef CKERNELS_H
#define CKERNELS_H

#include "activations.h"
#include "attention.h"
#include "attention_gradient.h"
#include "codebook.h"
#include "convert.h"
#include "elementwise.h"
#include "gradients.h"
#include "isa.h"
#include "layout.h"
#include "linear.h"
#include "linear_gradient.h"
#include "memory.h"
#include "noising.h"
#include "normalization.h"
#include "numbers.h"
#include "optimizer.h"
#include "parallel.h"
#include "random.h"
#include "sha256.h"
#include "similarity.h"
#include "winograd.h"

#endif
