import CKernels

/// What the factors of products are rounded to before they are multiplied. Sums are Float32 always.
public enum Precision: String, Sendable, CaseIterable {
  /// Not at all: Float32 as they are.
  case float32
  /// The upper half of a Float32, eight bits of significand, to nearest and ties to even: each factor is
  /// off by 2⁻⁹ of itself at most.
  case bfloat16

  /// Whether the processor multiplies such factors itself. Where it does not, products with them give
  /// the same numbers to rounding, but slower than with Float32.
  public var isNative: Bool {
    self == .float32 || ck_isa().rawValue >= CK_ISA_AVX512_BF16.rawValue
  }

  var format: ck_format { self == .bfloat16 ? CK_BFLOAT16 : CK_FLOAT32 }
}
