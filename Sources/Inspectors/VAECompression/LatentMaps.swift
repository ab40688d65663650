import Foundation
import Imaging
import Networks
import Tensors

/// Latents and codes as pictures in hard pixels.
enum LatentMaps {
  /// The channels beside each other, blue below zero, orange above, deepest at three times the root
  /// mean square.
  static func channels(of latent: Tensor) -> Image {
    let reach = Float(3 * latent.moments.meanSquare.squareRoot())
    return ColorMap.balance.image(of: latent.channelMosaic, range: -reach...max(reach, -reach))
  }

  static func channels(of latent: LatentDistribution) -> Image { channels(of: latent.mean) }

  /// σ of each channel; nil where there is no posterior.
  static func sigma(of latent: LatentDistribution) -> Image? {
    latent.posterior.map { sigma($0.standardDeviation) }
  }

  /// - Parameter deviations: σ, [1, c, h, w].
  static func sigma(_ deviations: Tensor) -> Image {
    ColorMap.tide.image(of: deviations.channelMosaic, range: 0...max(deviations.maxAbs, 1e-6))
  }

  /// Which code stands where, each in a colour of its own; nil without a codebook.
  static func codes(of found: Reconstruction) -> Image? {
    guard !found.codes.isEmpty else { return nil }
    return codes(found.codes, width: found.latent.mean.shape[3])
  }

  static func codes(_ codes: [Int], width: Int) -> Image {
    Image(width: width, height: codes.count / width, channels: .rgb) { out in
      for (i, code) in codes.enumerated() {
        let color = Self.color(of: code)
        (out[3 * i], out[3 * i + 1], out[3 * i + 2]) = (color.red, color.green, color.blue)
      }
    }
  }

  /// Neighbouring codes are a golden angle apart in hue.
  private static func color(of code: Int) -> RGB {
    let hue = Double(code) * .pi * (3 - 5.0.squareRoot())
    let lightness = 0.42 + 0.45 * (Double(code) * 0.569840290998).truncatingRemainder(dividingBy: 1)
    return OKLab(lightness: lightness, a: 0.11 * cos(hue), b: 0.11 * sin(hue)).rgb
  }
}

/// How far a reconstruction is off, pixel by pixel.
enum ErrorMap {
  /// One scale for the error pictures of several models: up to four times the error of the worst, and
  /// at most half of the way from black to white.
  static func range(
    of reconstructions: [Reconstruction], from original: Tensor
  ) -> ClosedRange<Float> {
    let errors = reconstructions.filter(\.model.isLatent).map {
      $0.image.tensor.meanSquaredError(from: original).squareRoot()
    }
    return 0...Float(min(max(4 * (errors.max() ?? 0), 4 / 127.5), 1))
  }

  /// The root of the mean square over the channels, black for none.
  /// - Parameter range: from no error to the brightest colour, where black to white is 2.
  static func image(_ a: Tensor, _ b: Tensor, range: ClosedRange<Float>) -> Image {
    let (height, width) = (a.shape[2], a.shape[3])
    let difference = a - b
    let map = Tensor([height, width]) { out in
      difference.withUnsafeElements { d in
        let plane = height * width
        Threads.split(plane, grain: 1 << 14) { range in
          for i in range {
            let (r, g, b) = (d[i], d[plane + i], d[2 * plane + i])
            out[i] = ((r * r + g * g + b * b) / 3).squareRoot()
          }
        }
      }
    }
    return ColorMap.ember.image(of: map, range: range)
  }
}
