// Four routines of OpenBLAS and of the LAPACK within it.
//
// The library is loaded by the first call. Were it linked, every process would start its threads, which look
// for work for 25 ms before they sleep: nearly as long as the shortest commands take, and most never call it.
// Each routine keeps to the thread that calls it; any number of threads may call at once. A library that
// cannot be loaded ends the process with status 69 and a line that names it.

#ifndef COPENBLAS_H
#define COPENBLAS_H

/// C [m, n] = alpha A B of row-major matrices, A [m, k] and B [k, n]; a transposed one is stored as its
/// transpose. Rows as they are stored lie `lda`, `ldb` and `ldc` floats apart.
void openblas_sgemm(
    int a_is_transposed, int b_is_transposed, int m, int n, int k, float alpha, const float *a,
    int lda, const float *b, int ldb, float *c, int ldc);
/// C = A B of row-major square matrices [n, n].
void openblas_dgemm(int n, const double *a, const double *b, double *c);
/// The upper triangle of C = A Aᵀ [n, n] of row-major A [n, k], or of C = Aᵀ A with `a_is_transposed`,
/// where A is [k, n]; `lda` doubles from one row of A to the next.
void openblas_dsyrk(int a_is_transposed, int n, int k, const double *a, int lda, double *c);
/// Replaces the symmetric matrix `a` [n, n], of which only the upper triangle is read, by its eigenvectors,
/// one row each, and writes the eigenvalues, smallest first.
///
/// LAPACK's `dsyevd`; `work` has 1 + 6 n + 2 n² doubles and `integer_work` 3 + 5 n integers.
/// Returns 0, or what LAPACK says where it did not converge.
int openblas_dsyevd(int n, double *a, double *values, double *work, int *integer_work);

#endif
