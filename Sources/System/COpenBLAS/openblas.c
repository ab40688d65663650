#include "include/COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

// What CBLAS calls its choices.
enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112, UPPER = 121 };

// The routines as OpenBLAS exports them, with integers of 32 bits. Fortran hands on the lengths of strings.
static struct {
  void (*sgemm)(
      int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *,
      int);
  void (*dgemm)(
      int, int, int, int, int, int, double, const double *, int, const double *, int, double,
      double *, int);
  void (*dsyrk)(int, int, int, int, int, double, const double *, int, double, double *, int);
  void (*dsyevd)(
      const char *, const char *, const int *, double *, const int *, double *, double *,
      const int *, int *, const int *, int *, size_t, size_t);
} blas;

static void *routine(void *library, const char *name) {
  void *found = library ? dlsym(library, name) : 0;
  if (found) return found;
  fprintf(stderr, "error: OpenBLAS cannot be loaded: %s\n", dlerror());
  _Exit(69);
}

static void load(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  blas.sgemm = routine(library, "cblas_sgemm");
  blas.dgemm = routine(library, "cblas_dgemm");
  blas.dsyrk = routine(library, "cblas_dsyrk");
  blas.dsyevd = routine(library, "dsyevd_");
  // Its own threads wait for each other, for ever when their number changes during a product.
  void (*use_threads)(int) = routine(library, "openblas_set_num_threads");
  use_threads(1);
}

static void load_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
}

void openblas_sgemm(
    int a_is_transposed, int b_is_transposed, int m, int n, int k, float alpha, const float *a,
    int lda, const float *b, int ldb, float *c, int ldc) {
  load_once();
  blas.sgemm(
      ROW_MAJOR, a_is_transposed ? TRANSPOSED : AS_IT_IS, b_is_transposed ? TRANSPOSED : AS_IT_IS,
      m, n, k, alpha, a, lda, b, ldb, 0, c, ldc);
}

void openblas_dgemm(int n, const double *a, const double *b, double *c) {
  load_once();
  blas.dgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, n, n, n, 1, a, n, b, n, 0, c, n);
}

void openblas_dsyrk(int a_is_transposed, int n, int k, const double *a, int lda, double *c) {
  load_once();
  blas.dsyrk(
      ROW_MAJOR, UPPER, a_is_transposed ? TRANSPOSED : AS_IT_IS, n, k, 1, a, lda, 0, c, n);
}

int openblas_dsyevd(int n, double *a, double *values, double *work, int *integer_work) {
  load_once();
  // The least that the routine asks for; its own figure for the best is the same.
  int count = 1 + 6 * n + 2 * n * n, integers = 3 + 5 * n, status = 0;
  // Rows for columns: a symmetric matrix is its own transpose, and "L" is the upper triangle of ours.
  blas.dsyevd(
      "V", "L", &n, a, &n, values, work, &count, integer_work, &integers, &status, 1, 1);
  return status;
}
