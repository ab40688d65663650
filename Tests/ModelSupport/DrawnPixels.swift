import Imaging
import LatentDiffusion

/// What text-to-image draws, as the PNG holds it: red, green and blue of each pixel.
public func drawnPixels(
  _ request: GenerationRequest, with model: LatentDiffusionModel
) throws -> [UInt8] {
  let generation = try Generation(request, with: model)
  let latent = generation.reduce(generation.start) { $1.next }
  return Image(generation.decode(latent)).rgb.pixels
}
