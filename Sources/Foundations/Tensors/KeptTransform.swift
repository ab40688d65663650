import CKernels

/// What Winograd's transformation made of one weight, kept from one convolution with it to the next.
///
/// The transformed weight has 36 numbers where the weight has nine. Results are the same with and
/// without it, bit for bit. Used by one thread at a time.
public final class KeptTransform {
  private var kept: (numbers: Storage, factors: ck_format, isa: ck_isa_level)?

  /// A place for what the first convolution makes.
  public init() {}

  /// The bytes that are kept.
  public var bytes: Int { 4 * (kept?.numbers.count ?? 0) }

  /// The bytes that the transformation of a weight takes at most.
  /// - Parameter shape: the weight's, [Cout, Cin, kh, kw]; 3×3 windows alone are transformed.
  public static func bytes(_ shape: [Int]) -> Int {
    guard shape.count == 4, shape[2...] == [3, 3] else { return 0 }
    let convolution = WinogradConvolution(
      x: [1, 3, 3, shape[1]], out: [1, 3, 3, shape[0]], padding: Padding(1))
    return 4 * convolution.preparedCount
  }

  /// - Precondition: it is the weight of the convolutions before, unchanged.
  func numbers(of call: ck_winograd, _ make: () -> Storage) -> Storage {
    let isa = ck_isa()
    if let kept, kept.factors == call.factors, kept.isa == isa { return kept.numbers }
    let made = make()
    kept = (made, call.factors, isa)
    return made
  }
}
