#include "include/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
  /// How often a thread looks before it sleeps: about a tenth of a millisecond. To wake one takes as long as
  /// many a product of a small network, and between two of them there is some work for one thread.
  LOOKS = 4000,
  MOST_WORKERS = 255,
};

/// Held by the thread whose work is under way.
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;
static size_t workers;
static ck_part body;
static void *context;

/// The number of the work in the upper half, so that no two are taken for one another; in the lower half
/// how many of its parts nobody has taken yet.
static atomic_uint_least64_t work;
/// Parts that have not returned yet.
static atomic_size_t unfinished;

/// Whether this thread is within a part: then all others have parts of their own.
static _Thread_local int is_within_part;

static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_came = PTHREAD_COND_INITIALIZER;
static pthread_cond_t work_ended = PTHREAD_COND_INITIALIZER;
static atomic_size_t sleepers;
static atomic_int owner_sleeps;

static void look_again_soon(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int is_all_taken(void) { return (uint32_t)atomic_load(&work) == 0; }

static int is_ended(void) { return atomic_load(&unfinished) == 0; }

/// Takes parts as long as there are any. Who has taken one may read `body` and `context`: they stay until
/// it has returned.
static void take_parts(void) {
  uint64_t seen = atomic_load(&work);
  while ((uint32_t)seen != 0) {
    if (!atomic_compare_exchange_weak(&work, &seen, seen - 1)) continue;
    is_within_part = 1;
    body(context, (uint32_t)seen - 1);
    is_within_part = 0;
    if (atomic_fetch_sub(&unfinished, 1) == 1 && atomic_load(&owner_sleeps)) {
      pthread_mutex_lock(&sleep_lock);
      pthread_cond_signal(&work_ended);
      pthread_mutex_unlock(&sleep_lock);
    }
    seen = atomic_load(&work);
  }
}

static void *serve(void *unused) {
  for (;;) {
    for (int look = 0; look < LOOKS && is_all_taken(); look++) look_again_soon();
    if (is_all_taken()) {
      pthread_mutex_lock(&sleep_lock);
      atomic_fetch_add(&sleepers, 1);
      while (is_all_taken()) pthread_cond_wait(&work_came, &sleep_lock);
      atomic_fetch_sub(&sleepers, 1);
      pthread_mutex_unlock(&sleep_lock);
    }
    take_parts();
  }
  return unused;
}

/// Sees to it that there are so many workers. Signals are for the threads that were there before. A thread
/// that the system refuses is done without.
static void hire(size_t wanted) {
  if (wanted > MOST_WORKERS) wanted = MOST_WORKERS;
  if (workers >= wanted) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (workers < wanted) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, NULL) != 0) break;
    pthread_detach(thread);
    workers += 1;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wake(size_t wanted) {
  size_t asleep = atomic_load(&sleepers);
  if (asleep == 0) return;
  pthread_mutex_lock(&sleep_lock);
  for (size_t i = 0; i < wanted && i < asleep; i++) pthread_cond_signal(&work_came);
  pthread_mutex_unlock(&sleep_lock);
}

static void await_end(void) {
  for (int look = 0; look < LOOKS && !is_ended(); look++) look_again_soon();
  if (is_ended()) return;
  pthread_mutex_lock(&sleep_lock);
  atomic_store(&owner_sleeps, 1);
  while (!is_ended()) pthread_cond_wait(&work_ended, &sleep_lock);
  atomic_store(&owner_sleeps, 0);
  pthread_mutex_unlock(&sleep_lock);
}

int ck_in_parallel(size_t parts, ck_part new_body, void *new_context) {
  if (is_within_part) {
    for (size_t part = 0; part < parts; part++) new_body(new_context, part);
    return 1;
  }
  if (parts == 0) return 1;
  if (pthread_mutex_trylock(&owner) != 0) return 0;
  hire(parts - 1);
  body = new_body;
  context = new_context;
  atomic_store(&unfinished, parts);
  atomic_store(&work, ((atomic_load(&work) >> 32) + 1) << 32 | parts);
  wake(parts - 1);
  take_parts();
  await_end();
  pthread_mutex_unlock(&owner);
  return 1;
}

void ck_do_part(ck_part given_body, void *given_context, size_t part) {
  int before = is_within_part;
  is_within_part = 1;
  given_body(given_context, part);
  is_within_part = before;
}

int ck_is_within_part(void) { return is_within_part; }
