import Imaging
import LatentDiffusion
import Tensors

/// How a step's tensors become pictures: pixels as they are, latents through the decoder.
enum StepPictures {
  case pixels
  case latents(FirstStage)

  /// The picture of x_t, of a mean or of a predicted x_0.
  func picture(of tensor: Tensor) -> Image {
    switch self {
    case .pixels: Image(tensor)
    case .latents(let firstStage): Image(firstStage.decode(tensor))
    }
  }

  /// The picture of noise: three standard deviations fill the range of colours; the channels of a
  /// latent stand side by side, zero at white.
  func noise(_ tensor: Tensor) -> Image {
    guard case .latents = self else { return Image(tensor.scaled(by: 1 / 3)) }
    let (channels, height, width) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
    let planes = tensor.reshaped([tensor.shape[0] * channels, height, width])
    let maps = (0..<channels).map {
      ColorMap.balance.image(
        of: planes.rows($0..<$0 + 1).reshaped([height, width]), range: -3...3)
    }
    return Image.grid(maps, columns: 2, gap: 1).enlarged(by: 4)
  }
}
