import CKernels
import Foundation

/// The random numbers of `torch.manual_seed` on a CPU: the same seed gives the same pictures.
///
/// A generator is a stream: whoever holds it draws its next numbers. It is passed explicitly; there
/// is no global one. Each call draws exactly the words that the torch function it names draws, so
/// that calls may be interleaved as in a Python program.
///
/// Source: MT19937 (Matsumoto, Nishimura 1998), seeded with the low 32 bits; PyTorch 2.13
/// ATen/native/cpu/DistributionTemplates.h and ATen/core/DistributionsHelper.h for the transforms.
public final class TorchGenerator {
  /// The current block of the recurrence and how many of its words have been used.
  private var block = [UInt32](repeating: 0, count: CK_MT_WORDS)
  private var used = CK_MT_WORDS
  /// The sine half of the last scalar Box–Muller pair, waiting for the next scalar draw.
  private var pendingNormal: Double?

  /// `torch.manual_seed(seed)`: only the low 32 bits count.
  public init(seed: UInt64) {
    ck_mt_seed(&block, UInt32(truncatingIfNeeded: seed))
  }

  /// A generator that continues from the same place, for branching a stream.
  public func copy() -> TorchGenerator {
    let copy = TorchGenerator(seed: 0)
    (copy.block, copy.used, copy.pendingNormal) = (block, used, pendingNormal)
    return copy
  }

  /// `torch.rand(shape)`: uniform in [0, 1), multiples of 2⁻²⁴.
  public func uniform(_ shape: [Int]) -> Tensor {
    Tensor(shape) { out in
      drawWords(out)
      Self.parallel(out) { ck_uniforms_from_raw($0.baseAddress, $0.count) }
    }
  }

  /// `torch.randn(shape)`: standard normal.
  ///
  /// Box–Muller over blocks of 16 floats; a size that is no multiple of 16 draws 16 fresh uniforms
  /// over its last 16 elements, as torch does. Fewer than 16 elements are drawn one by one in double.
  public func normal(_ shape: [Int]) -> Tensor {
    Tensor(shape) { out in
      guard out.count >= 16 else {
        for i in out.indices { out[i] = Float(nextNormal()) }
        return
      }
      drawWords(out)
      Self.parallel(UnsafeMutableBufferPointer(rebasing: out[..<(out.count / 16 * 16)])) {
        ck_uniforms_from_raw($0.baseAddress, $0.count)
        ck_normals_from_uniforms($0.baseAddress, $0.count)
      }
      if out.count % 16 != 0 {
        let tail = UnsafeMutableBufferPointer(rebasing: out[(out.count - 16)...])
        drawWords(tail)
        ck_uniforms_from_raw(tail.baseAddress, 16)
        ck_normals_from_uniforms(tail.baseAddress, 16)
      }
    }
  }

  /// `torch.randint(range.lowerBound, range.upperBound, [count])`.
  /// - Precondition: the range is not empty.
  public func integers(in range: Range<Int>, count: Int) -> [Int] {
    precondition(!range.isEmpty, "no integers in \(range)")
    let extent = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
    return (0..<count).map { _ in
      let word = extent < 1 << 28 ? UInt64(nextWord()) : nextLongWord()
      return range.lowerBound &+ Int(truncatingIfNeeded: word % extent)
    }
  }

  /// One standard normal in double precision; draws two words for each pair of results.
  private func nextNormal() -> Double {
    if let normal = pendingNormal {
      pendingNormal = nil
      return normal
    }
    let angle = 2 * Double.pi * nextDouble()
    let radius = (-2 * log1p(-nextDouble())).squareRoot()
    pendingNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  private func nextDouble() -> Double {
    Double(nextLongWord() & (1 << 53 - 1)) * 0x1p-53
  }

  private func nextLongWord() -> UInt64 {
    let high = UInt64(nextWord())
    return high << 32 | UInt64(nextWord())
  }

  private func nextWord() -> UInt32 {
    if used == block.count { advance() }
    used += 1
    return ck_mt_temper(block[used - 1])
  }

  /// Replaces the block by the one that follows it.
  private func advance() {
    block = [UInt32](unsafeUninitializedCapacity: block.count) { next, count in
      ck_mt_continue(block, next.baseAddress, block.count)
      count = block.count
    }
    used = 0
  }

  /// Fills `out` with the bits of the next untempered words. Long runs are written in place, where
  /// each block follows from the one before it.
  private func drawWords(_ out: UnsafeMutableBufferPointer<Float>) {
    out.withMemoryRebound(to: UInt32.self) { out in
      var filled = takeFromBlock(out)
      let whole = (out.count - filled) / block.count * block.count
      if whole > 0, let base = out.baseAddress {
        ck_mt_continue(block, base + filled, whole)
        filled += whole
        block = Array(UnsafeBufferPointer(start: base + filled - block.count, count: block.count))
      }
      if filled < out.count {
        advance()
        _ = takeFromBlock(UnsafeMutableBufferPointer(rebasing: out[filled...]))
      }
    }
  }

  private func takeFromBlock(_ out: UnsafeMutableBufferPointer<UInt32>) -> Int {
    let taken = min(block.count - used, out.count)
    for i in 0..<taken { out[i] = block[used + i] }
    used += taken
    return taken
  }

  /// Runs `body` over parts of `data` whose lengths are multiples of 16, but for the last.
  private static func parallel(
    _ data: UnsafeMutableBufferPointer<Float>,
    _ body: (UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    Threads.split((data.count + 15) / 16, grain: 2048) { blocks in
      let end = min(blocks.upperBound * 16, data.count)
      body(UnsafeMutableBufferPointer(rebasing: data[(blocks.lowerBound * 16)..<end]))
    }
  }
}
