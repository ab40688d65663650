// Run-time dispatch: one source loop, one clone per instruction set. An architecture that is a
// processor (arch=haswell) would be chosen on that processor alone, and on no later one or another
// maker's: the levels of the psABI are chosen by what the processor can do.

#ifndef CKERNELS_DISPATCH_H
#define CKERNELS_DISPATCH_H

#if defined(__x86_64__) && defined(__linux__)
#define CK_DISPATCH __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define CK_DISPATCH
#endif

// Lets the compiler reorder sums in the function that follows; never where order is part of a result.
#define CK_REASSOCIATE _Pragma("clang fp reassociate(on) contract(fast)")

#endif
