// One piece of work in parts, for all threads at once.

#ifndef CKERNELS_PARALLEL_H
#define CKERNELS_PARALLEL_H

#include <stddef.h>

typedef void (*ck_part)(void *context, size_t part);

/// Calls body(context, part) once for each part in 0 ..< parts, on the calling thread and on workers that
/// are kept for the next time; returns when all calls have returned.
///
/// A network is thousands of short pieces: a worker that has nothing to do looks for some microseconds
/// whether another piece comes before it sleeps, for waking it takes as long as many a piece. Workers that
/// come late find nothing left: nobody waits for a thread that the system does not run.
///
/// From within a part all calls are made one after another on the calling thread, for the others have
/// parts of their own. `parts` must be less than 2³². Returns 0, and calls nothing, while another thread's
/// work is under way.
int ck_in_parallel(size_t parts, ck_part body, void *context);

/// Calls body(context, part) as a part, for a caller that shares its work itself while another's is under
/// way.
void ck_do_part(ck_part body, void *context, size_t part);

/// Whether the thread that asks is within a part.
int ck_is_within_part(void);

#endif
