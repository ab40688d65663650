import CKernels
import Synchronization

/// What Winograd's transformation made of one weight, kept from one convolution with it to the next.
///
/// The transformed weight has 36 numbers where the weight has nine. Results are the same with and
/// without it, bit for bit.
public final class KeptTransform: Sendable {
  private struct Kept {
    let numbers: Storage
    let factors: ck_format
    let isa: ck_isa_level
  }
  private let kept = Mutex<Kept?>(nil)

  /// A place for what the first convolution makes.
  public init() {}

  /// The bytes that are kept.
  public var bytes: Int { 4 * (kept.withLock { $0?.numbers.count } ?? 0) }

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
    return kept.withLock { kept in
      if let kept, kept.factors == call.factors, kept.isa == isa { return kept.numbers }
      let made = make()
      kept = Kept(numbers: made, factors: call.factors, isa: isa)
      return made
    }
  }
}
