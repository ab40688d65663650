// Run-time dispatch: one source loop, one clone per instruction set.

#ifndef CKERNELS_DISPATCH_H
#define CKERNELS_DISPATCH_H

#if defined(__x86_64__) && defined(__linux__)
#define CK_DISPATCH __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define CK_DISPATCH
#endif

// Lets the compiler reorder sums in the function that follows; never where order is part of a result.
#define CK_REASSOCIATE _Pragma("clang fp reassociate(on) contract(fast)")

#endif
