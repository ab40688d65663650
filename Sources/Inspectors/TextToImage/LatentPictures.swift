import Imaging
import Pages
import Tensors

/// Latents and maps as pictures in hard pixels.
enum LatentPictures {
  /// The channels of a latent beside each other, each pixel one number: blue below zero, orange
  /// above.
  /// - Parameters:
  ///   - latent: shape [1, C, h, w].
  ///   - range: the value of the deepest colours, on both sides of zero.
  static func channels(of latent: Tensor, range: Float) -> Picture {
    picture(latent.channelMosaic, .balance, range: -range...range)
  }

  /// The same as a picture of about so many pixels on its longer side.
  static func image(of latent: Tensor, range: Float, side: Int) -> Image {
    let image = ColorMap.balance.image(of: latent.channelMosaic, range: -range...range)
    return image.enlarged(by: max(side / max(image.width, image.height), 1))
  }

  /// The length of the channel vector at each pixel of a latent.
  /// - Parameters:
  ///   - latent: shape [1, C, h, w]; nil for a map of zeros.
  ///   - range: the value of the brightest colour.
  static func lengths(of latent: Tensor, range: Float) -> Picture {
    picture(lengths(of: latent), .ember, range: 0...range)
  }

  /// √Σ_c v_c² at each pixel: [1, C, h, w] → [h, w]
  static func lengths(of latent: Tensor) -> Tensor {
    let (channels, height, width) = (latent.shape[1], latent.shape[2], latent.shape[3])
    return Tensor([height, width]) { out in
      latent.withUnsafeElements { values in
        for i in 0..<height * width {
          let sum = (0..<channels).reduce(Float(0)) {
            $0 + values[$1 * height * width + i] * values[$1 * height * width + i]
          }
          out[i] = sum.squareRoot()
        }
      }
    }
  }

  /// The numbers themselves go along while they are few, so that they can be read off.
  private static func picture(
    _ map: Tensor, _ colors: ColorMap, range: ClosedRange<Float>
  ) -> Picture {
    Picture(
      png: PNG.data(of: colors.image(of: map, range: range)), kind: .grid,
      values: map.count <= 4096 ? map.elements : nil)
  }
}
