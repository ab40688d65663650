import Imaging
import LatentDiffusion
import Networks
import Storybook
import Tensors

/// One way of the switch: a picture under a condition, and the picture from the same noise when one
/// thing in the condition is changed.
struct Trial {
  let way: Way
  /// Before and after the change.
  let told: [Told]
  let pictures: [Image]
  /// How much each pixel changed, the mean over the colours, [H, W].
  let change: Tensor
  /// What was changed, in words.
  let deed: String
  let guidanceScale: Double
  let entrance: Entrance
  let inputs: ConditionedModel.Inputs

  /// The mean change of a pixel, in 1/255.
  var meanChange: Double { 127.5 * change.moments.mean }
}

/// What stands at the input of a U-Net, as shapes.
struct Entrance {
  let context: [Int]?
  let labels: Int?
  let latent: [Int]
  let joined: [Int]?
  let parameters: Int
  /// How far the first convolution of z_t and what is joined to it is from the sum of what it makes of
  /// each; nil where nothing is joined.
  let sumResidual: Double?

  /// The channels of the first convolution: "4 + 1 + 4 = 9".
  var channels: String {
    let total = latent[0] + (joined?[0] ?? 0)
    return joined == nil ? "\(total)" : "\(latent[0]) + \(total - latent[0]) = \(total)"
  }
}

struct ConditioningExperiment {
  let trials: [Trial]
  let steps: Int

  /// - Parameters:
  ///   - changes: for each way its condition before and after the change, and what was changed.
  ///   - noise: z_T for a shape.
  ///   - advance: called after each step.
  /// - Throws: what making pictures throws.
  init(
    _ changes: [(model: ConditionedModel, told: [Told], deed: String)], steps: Int,
    guidanceScale: Double?, noise: ([Int]) -> Tensor, advance: () -> Void
  ) throws {
    self.steps = steps
    trials = try changes.map { model, told, deed in
      let one = noise([1] + model.latentShape)
      let scale = guidanceScale ?? model.way.guidanceScale
      let pictures = try model.pictures(
        told, noise: .concatenated(told.map { _ in one }, along: 0), steps: steps,
        guidanceScale: scale
      ) { _ in advance() }
      return Trial(
        way: model.way, told: told,
        pictures: told.indices.map { Image(pictures.rows($0..<$0 + 1)) },
        change: pictures.rows(0..<1).meanChange(to: pictures.rows(1..<2)), deed: deed,
        guidanceScale: scale, entrance: model.entrance(told[0], noise: one),
        inputs: model.inputs(told))
    }
  }
}

extension Tensor {
  /// The mean over the colours of what two pictures, [1, 3, H, W], differ by: [H, W].
  fileprivate func meanChange(to other: Tensor) -> Tensor {
    let pixels = shape[2] * shape[3]
    let (a, b) = (elements, other.elements)
    return Tensor([shape[2], shape[3]]) { out in
      for i in 0..<pixels {
        let sum = (0..<shape[1]).reduce(0) {
          $0 + abs(a[$1 * pixels + i] - b[$1 * pixels + i])
        }
        out[i] = sum / Float(shape[1])
      }
    }
  }
}

extension ConditionedModel {
  /// What stands at the U-Net's input under a condition.
  func entrance(_ told: Told, noise: Tensor) -> Entrance {
    let inputs = inputs([told])
    return Entrance(
      context: inputs.context.map { Array($0.shape.dropFirst()) },
      labels: unet.configuration.classCount, latent: latentShape,
      joined: inputs.joined.map { Array($0.shape.dropFirst()) }, parameters: unet.parameterCount,
      sumResidual: inputs.joined.map { sumResidual(noise, $0, inputs) })
  }

  /// conv(z ⊕ c) + conv(0 ⊕ 0) against conv(z ⊕ 0) + conv(0 ⊕ c), both with the bias twice.
  private func sumResidual(_ z: Tensor, _ c: Tensor, _ inputs: Inputs) -> Double {
    func first(_ z: Tensor, _ c: Tensor) -> Tensor {
      let site = ProbeSite("conv_in", .output)
      let probe = RecordingProbe(keeping: [site])
      _ = unet(
        .concatenated([z, c], along: 1), timesteps: [0], context: inputs.context,
        classLabels: inputs.labels, ForwardPass(probe: probe))
      return probe.values[site] ?? z
    }
    let (noZ, noC) = (Tensor.zeros(z.shape), Tensor.zeros(c.shape))
    let whole = first(z, c) + first(noZ, noC)
    return Double(whole.maxAbsDifference(from: first(z, noC) + first(noZ, c)))
      / Double(max(whole.maxAbs, 1e-9))
  }
}
