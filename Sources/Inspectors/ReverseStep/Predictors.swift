import ArgumentParser
import Diffusion
import Foundation
import Pages
import Tensors

/// Who predicts the noise: three that know the data, and a network.
enum PredictorKind: String, CaseIterable, ExpressibleByArgument, Decodable {
  case trueNoise = "true-noise"
  case imageSet = "image-set"
  case mixture
  case model

  var explanation: Prose {
    switch self {
    case .trueNoise: "The predictor knows the picture, so it knows the noise: \(math: "ε̂ = ε")."
    case .imageSet:
      """
      The predictor knows that the data is one of a few pictures, not which one: the best guess is \
      their average, weighted by how well each explains \(math: "x_t").
      """
    case .mixture:
      """
      The predictor knows that the data is one of a few pictures with grain on top: a mixture of \
      Gaussians in the space of all pixels, whose best guess is known in closed form.
      """
    case .model:
      """
      The predictor is a U-Net that listens to a prompt. The walk is in the model's own space: the \
      pictures are decoded latents, and noise is shown channel by channel.
      """
    }
  }
}
