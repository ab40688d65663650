import Checkpoints
import Networks
import Tensors

/// Keeps the codes of a codebook in use: one that nothing was near for a while is moved to where an
/// encoder's output is now.
///
/// A code that is never chosen gets no gradient and would stay where it is for good (the collapse of
/// codebooks; a remedy like this one: Dhariwal et al. 2020, arXiv:2005.00341, §3.1).
public final class CodebookRevival: TrainingPart {
  /// Steps between two looks.
  public let interval: Int
  /// From this step on nothing is moved, so that averages of the parameters can settle.
  public let lastStep: Int
  private let table: Parameter
  /// How often each code was chosen since the last look.
  private var uses: [Float]

  /// - Parameters:
  ///   - codebook: whose vectors are moved.
  ///   - interval: steps between two looks.
  ///   - lastStep: from this step on nothing is moved.
  public init(_ codebook: Codebook, interval: Int, lastStep: Int) {
    (self.interval, self.lastStep) = (interval, lastStep)
    table = codebook.embedding.weight
    uses = Array(repeating: 0, count: table.shape[0])
  }

  /// Takes note of the codes of a step, and moves dead ones when it is time. At step 0 all are moved:
  /// a codebook begins among the latents.
  /// - Parameters:
  ///   - codes: the chosen ones.
  ///   - latents: what they were chosen for, [codes.count, features] in any shape.
  ///   - step: its number, 0-based.
  ///   - generator: where the choice of latents comes from.
  /// - Returns: at a look, the share of codes that were chosen since the one before; else nil.
  @discardableResult
  public func note(
    _ codes: [Int], of latents: Tensor, step: Int, generator: TorchGenerator
  ) -> Double? {
    for code in codes { uses[code] += 1 }
    guard step % interval == 0 else { return nil }
    let share = Double(uses.count { $0 > 0 }) / Double(max(uses.count, 1))
    if step < lastStep { revive(codes.count, latents, step, generator) }
    uses = Array(repeating: 0, count: uses.count)
    return share
  }

  private func revive(
    _ choices: Int, _ latents: Tensor, _ step: Int, _ generator: TorchGenerator
  ) {
    // Less than a twentieth of its share.
    let least = max(1, Float(choices * interval) / Float(uses.count) / 20)
    let dead = uses.indices.filter { step == 0 || uses[$0] < least }
    move(dead, among: latents, generator)
  }

  /// Each of `codes` to a latent drawn at random, a little beside it: the same may be drawn twice.
  private func move(_ codes: [Int], among latents: Tensor, _ generator: TorchGenerator) {
    let features = table.shape[1]
    guard !codes.isEmpty, latents.count >= features else { return }
    let chosen = generator.integers(in: 0..<latents.count / features, count: codes.count)
    let jitter = generator.normal([codes.count, features])
      .scaled(by: 0.02 * Float(latents.moments.std))
    table.update { table in
      table.withUnsafeMutableElements { table in
        latents.withUnsafeElements { latents in
          jitter.withUnsafeElements { jitter in
            for (n, code) in codes.enumerated() {
              for i in 0..<features {
                table[code * features + i] =
                  latents[chosen[n] * features + i] + jitter[n * features + i]
              }
            }
          }
        }
      }
    }
  }

  /// How often each code was chosen since the last look.
  public var savedTensors: [String: Tensor] { ["uses": Tensor([uses.count], uses)] }

  /// Takes these counts back.
  /// - Throws: `CheckpointError` where they are not those of this codebook.
  public func restore(from source: some WeightSource) throws {
    uses = try source.tensor(named: "uses", shape: [uses.count]).elements
  }
}
