// What the C library keeps of memory that was freed.

#ifndef CKERNELS_MEMORY_H
#define CKERNELS_MEMORY_H

// Gives it back to the system, where the C library can.
void ck_release_freed_memory(void);

#endif
