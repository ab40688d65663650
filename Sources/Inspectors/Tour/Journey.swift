import Commands
import Imaging
import LatentDiffusion
import Pages
import Tensors

/// A person's picture and prompt on the whole way through the shipped model: encoded, noised, denoised
/// with the prompt, decoded.
package struct Journey {
  /// x, in [−1, 1], at a size that the model takes.
  package let picture: Tensor
  /// z_0 of the picture.
  package let latent: Tensor
  /// z_t, where the walk begins.
  package let noised: Tensor
  /// z_0 after the walk.
  package let denoised: Tensor
  /// What the decoder makes of it.
  package let result: Image

  /// How much of the picture may change: enough that the prompt is seen, little enough that the picture
  /// is.
  private static let strength = 0.6

  /// - Parameters:
  ///   - picture: x_0, any size.
  ///   - prompt: what it is denoised with.
  ///   - model: the shipped one, or any other.
  ///   - steps: of the sampler's plan, of which the strength takes a share.
  package init(
    of picture: Tensor, prompt: String, with model: LatentDiffusionModel, steps: Int = 20
  ) throws {
    let size = model.size(for: picture, height: nil, width: nil)
    let fitting = picture.covering(height: size.height, width: size.width).clamped(to: -1...1)
    var request = GenerationRequest(
      prompt: prompt, sampler: model.defaults.sampler,
      guidanceScale: model.defaults.guidanceScale)
    (request.initialImage, request.strength, request.steps) = (fitting, Self.strength, steps)
    let generation = try Generation(request, with: model)
    self.picture = fitting
    latent = model.firstStage.meanLatent(fitting)
    noised = generation.start
    denoised = try generation.reduce(noised) { _, step in try step.checkedNext(of: model) }
    result = Image(generation.decode(denoised))
  }

  /// The way as links, each to the stop that explains it.
  /// - Parameter address: the page of a stop, relative to the tour's.
  func cards(prompt: String, address: (String) -> String?) -> Cards {
    func card(_ title: String, _ words: Prose, _ picture: Picture, _ stop: String) -> Cards.Card {
      Cards.Card(title: title, question: words, address: address(stop) ?? "", picture: picture)
    }
    return Cards(
      [
        card(
          "Pixels", "the picture as it is", Picture(shown: Image(picture)), "downsampling-study"),
        card(
          "Latent", "the encoder keeps what matters, in fewer numbers", Self.grid(latent),
          "vae-compression"),
        card("Noise", "most of it is hidden under noise", Self.grid(noised), "forward-noising"),
        card(
          "Denoised with words", "step by step, listening to “\(em: prompt)”", Self.grid(denoised),
          "attention-maps"),
        card("Picture", "the decoder paints it", Picture(shown: result), "text-to-image"),
      ], isPath: true)
  }

  /// The channels of a latent in hard pixels.
  private static func grid(_ latent: Tensor) -> Picture {
    let range = max(3 * Float(latent.moments.std), .leastNormalMagnitude)
    let image = ColorMap.balance.image(of: latent.channelMosaic, range: -range...range)
    return Picture(png: PNG.data(of: image), kind: .grid)
  }
}
