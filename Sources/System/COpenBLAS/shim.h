#include <cblas.h>
#include <stddef.h>

// LAPACK's symmetric eigenvalue problem by divide and conquer. OpenBLAS carries LAPACK, and its
// headers do not declare it. The last two are Fortran's lengths of the first two strings.
void dsyevd_(const char *jobz, const char *uplo, const blasint *n, double *a, const blasint *lda,
             double *w, double *work, const blasint *lwork, blasint *iwork, const blasint *liwork,
             blasint *info, size_t jobz_length, size_t uplo_length);
