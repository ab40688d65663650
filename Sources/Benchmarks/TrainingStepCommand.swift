import ArgumentParser
import Commands

/// `training-step`: training steps of the shipped architectures on random numbers; `training_step.py` does
/// the same in PyTorch.
public struct TrainingStepCommand: ToolCommand {
  public static let configuration = CommandConfiguration(
    commandName: "training-step",
    abstract: "Time training steps of a shipped architecture: forward, backward, AdamW.",
    discussion: """
      `unet` takes 32 latents of 16×16 and 77 tokens of context, and the mean squared error; \
      `autoencoder` takes 8 pictures of 64×64, and the mean absolute error with a little KL \
      divergence. Printed is the median over the steps, without the first two.

      Example: training-step unet --steps 12 --threads 1
      """, version: Versions.line)

  @Argument(help: "The network: unet or autoencoder.")
  var network: TrainingWork

  @Option(parsing: .unconditional, help: ArgumentHelp("How many steps.", valueName: "n"))
  var steps = 12

  @OptionGroup var threadsOption: ThreadsOption

  public init() {}

  public mutating func validate() throws { try Check.range("--steps", steps, 3...1_000_000) }

  public func work() throws {
    threadsOption.apply()
    let step = try network.steps()
    let times = (0..<steps).map { _ in ContinuousClock().measure { _ = step() } / .seconds(1) }
    let counted = Array(times.dropFirst(2))
    print("seconds", counted.median)
    print("best", counted.min() ?? .nan)
  }
}

extension TrainingWork: ExpressibleByArgument {}
