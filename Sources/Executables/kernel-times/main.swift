// The products that networks spend their time in, each by itself: what `make bench` compares with
// PyTorch and OpenVINO (Sources/Benchmarks/kernels.py does the same there).

import ArgumentParser
import Commands
import Foundation
import Tensors

struct KernelTimes: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel-times",
    abstract: "Time products of given shapes: linear layers, convolutions, attention.",
    discussion: """
      Each line of the output is a shape, the median time of a product in seconds and its operations, \
      counted directly. The shapes are

        linear:ROWSxINPUTSxOUTPUTS
        convolution:BATCHxHEIGHTxWIDTHxINPUTSxOUTPUTS     3×3, of stride 1
        strided:BATCHxHEIGHTxWIDTHxINPUTSxOUTPUTS         3×3, of stride 2
        attention:QUERIESxKEYSxHEADSxFEATURES

      Example: kernel-times linear:4096x320x320 attention:4096x77x8x40
      """, version: Versions.line)

  @Argument(help: "The shapes.")
  var shapes: [KernelShape]

  @OptionGroup var precisionOption: PrecisionOption
  @OptionGroup var threadsOption: ThreadsOption

  func work() throws {
    threadsOption.apply()
    for shape in shapes {
      print(shape.text, Self.median(shape.product(precisionOption.choice)), shape.flops)
    }
  }

  /// The median over at least five products, and as many as take 0.3 seconds; the first warms up.
  private static func median(_ product: () -> Tensor) -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    var seconds: [Double] = []
    _ = product()
    while seconds.count < 5 || clock.now - start < .seconds(0.3) {
      let begin = clock.now
      let result = product()
      seconds.append(withExtendedLifetime(result) { (clock.now - begin) / .seconds(1) })
    }
    return seconds.sorted()[seconds.count / 2]
  }
}

/// One product: its kind and its extents.
struct KernelShape: ExpressibleByArgument {
  enum Kind: String { case linear, convolution, strided, attention }

  let text: String
  private let kind: Kind
  private let extents: [Int]

  /// A shape that is not understood is none, and the parser says which it was.
  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
    let fields = parts[1].split(separator: "x", omittingEmptySubsequences: false)
    let extents = fields.compactMap { Int($0) }.filter { 1...65_536 ~= $0 }
    let expected =
      switch kind {
      case .linear: 3
      case .convolution, .strided: 5
      case .attention: 4
      }
    guard extents.count == fields.count, extents.count == expected else { return nil }
    (text, self.kind, self.extents) = (argument, kind, extents)
  }

  private var stride: Int { kind == .strided ? 2 : 1 }

  /// Multiplications and additions of the definition.
  var flops: Int {
    let e = extents
    return switch kind {
    case .linear: 2 * e[0] * e[1] * e[2]
    case .convolution, .strided:
      18 * e[0] * ((e[1] - 1) / stride + 1) * ((e[2] - 1) / stride + 1) * e[3] * e[4]
    case .attention: 4 * e[0] * e[1] * e[2] * e[3]
    }
  }

  /// The product of random numbers, to be computed as often as one likes.
  func product(_ precision: Precision) -> () -> Tensor {
    let (e, generator) = (extents, TorchGenerator(seed: 1))
    switch kind {
    case .linear:
      let (x, bias) = (generator.normal([e[0], e[1]]), generator.normal([e[2]]))
      let weight = generator.normal([e[2], e[1]])
      return { .linear(x, weight, bias: bias, precision: precision) }
    case .convolution, .strided:
      let (x, bias) = (generator.normal([e[0], e[1], e[2], e[3]]), generator.normal([e[4]]))
      let weight = generator.normal([e[4], e[3], 3, 3])
      let stride = stride
      return {
        .convolution2d(
          x, weight, bias: bias, stride: stride, padding: Padding(1), precision: precision)
      }
    case .attention:
      let q = generator.normal([1, e[0], e[2] * e[3]])
      let (k, v) = (
        generator.normal([1, e[1], e[2] * e[3]]), generator.normal([1, e[1], e[2] * e[3]])
      )
      let scale = 1 / Float(e[3]).squareRoot()
      return { .attention(q, k, v, heads: e[2], scale: scale, precision: precision) }
    }
  }
}

KernelTimes.start()
