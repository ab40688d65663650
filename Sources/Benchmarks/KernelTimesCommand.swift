import ArgumentParser
import Commands
import Tensors

/// `kernel-times`: the products that networks spend their time in, each by itself; `kernels.py` does the
/// same in other engines.
public struct KernelTimesCommand: ToolCommand {
  public static let configuration = CommandConfiguration(
    commandName: "kernel-times",
    abstract: "Time products of given shapes: linear layers, convolutions, attention.",
    discussion: """
      Each line of the output is a shape, the median time of a product in seconds, its operations, counted \
      directly, and which way it takes: \
      \(KernelForm.allCases.map(\.rawValue).joined(separator: ", ")). The shapes are

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

  public init() {}

  public func work() throws {
    threadsOption.apply()
    for shape in shapes {
      let precision = precisionOption.choice
      print(
        shape.text, Self.median(shape.product(precision)), shape.flops,
        shape.form(precision).rawValue)
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
    return seconds.median
  }
}
