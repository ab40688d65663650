import Foundation
import Imaging
import Tensors
import Testing

@Suite("PSNR and SSIM") struct ImageMetricsTests {
  @Test("agree with scikit-image")
  func golden() throws {
    for wanted in try Golden.load().similarities {
      let a = Golden.picture(wanted.size, wanted.a)
      let b = Tensor.weightedSum(0.75, Golden.picture(wanted.size, wanted.b), 0.25, a)
      let ssim = try #require(ImageMetrics.ssim(a, b))
      #expect(abs(ssim - wanted.ssim) < 1e-6, "\(wanted)")
      if let psnr = wanted.psnr {
        #expect(abs(ImageMetrics.psnr(a, b) - psnr) < 1e-4, "\(wanted)")
      } else {
        #expect(ImageMetrics.psnr(a, b) > 120)
      }
    }
  }

  @Test("agree with scikit-image on files of 8 bits")
  func stored() throws {
    for wanted in try Golden.load().storedSimilarities {
      let (a, b) = (wanted.first, wanted.second)
      let pictures = [a, b].map {
        Image(width: wanted.size[1], height: wanted.size[0], channels: .grey, pixels: $0).tensor
      }
      let ssim = try #require(ImageMetrics.ssim(pictures[0], pictures[1]))
      #expect(abs(ssim - wanted.ssim) < 1e-7, "\(wanted.size): \(ssim)")
      #expect(abs(ImageMetrics.psnr(pictures[0], pictures[1]) - wanted.psnr) < 1e-4)
    }
  }

  @Test("SSIM counts from black: a contrast around mid-grey is worth as much as in any other range")
  func range() throws {
    let a = Golden.picture([24, 24], "hash").scaled(by: 0.1)
    let b = Golden.picture([24, 24], "waves").scaled(by: 0.1)
    let right = try #require(ImageMetrics.ssim(a, b))
    let wide = try #require(
      ImageMetrics.ssim(a.scaled(by: 127.5), b.scaled(by: 127.5), range: 255))
    #expect(abs(right - wide) < 1e-6)
    // Around zero the means would be noise, and the figure far lower.
    #expect(right > 0.3 && abs(right - directSSIM(a, b, k1: 0.01, black: 0)) > 0.05)
  }

  @Test("SSIM agrees with its definition, written out")
  func definition() throws {
    let a = Golden.picture([23, 17], "hash")
    let b = Tensor.weightedSum(0.5, a, 0.5, Golden.picture([23, 17], "waves"))
    let ssim = try #require(ImageMetrics.ssim(a, b))
    #expect(abs(ssim - directSSIM(a, b, k1: 0.01)) < 1e-6)
    // The check can fail: another constant is another number.
    #expect(abs(ssim - directSSIM(a, b, k1: 0.05)) > 1e-4)
  }

  @Test("SSIM is 1 for equal pictures, symmetric, and a mean over channels")
  func properties() throws {
    let a = Golden.picture([24, 24], "hash")
    let b = Golden.picture([24, 24], "waves")
    #expect(abs(try #require(ImageMetrics.ssim(a, a)) - 1) < 1e-6)
    let single = try #require(ImageMetrics.ssim(a, b))
    #expect(abs(single - (try #require(ImageMetrics.ssim(b, a)))) < 1e-6)
    let both = try #require(
      ImageMetrics.ssim(
        .concatenated([a, a], along: 1), .concatenated([a, b], along: 1)))
    #expect(abs(both - (1 + single) / 2) < 1e-6)
    #expect(ImageMetrics.ssim(a.slice(0..<10, along: 2), a.slice(0..<10, along: 2)) == nil)
  }

  @Test("PSNR = 20·log10(range / constant difference)")
  func psnr() {
    let a = Tensor([1, 3, 8, 8], repeating: 0)
    let b = Tensor([1, 3, 8, 8], repeating: 0.02)
    #expect(abs(ImageMetrics.psnr(a, b) - 40) < 1e-5)
    #expect(abs(ImageMetrics.psnr(a, b, range: 1) - 20 * log10(50)) < 1e-5)
    #expect(ImageMetrics.psnr(a, a) == .infinity)
  }

  @Test("luminance weighs the channels and keeps grey")
  func luminance() {
    let primaries = Tensor([1, 3, 1, 4], [1, 0, 0, 0.5, 0, 1, 0, 0.5, 0, 0, 1, 0.5])
    let wanted = Tensor([1, 1, 1, 4], [0.299, 0.587, 0.114, 0.5])
    #expect(primaries.luminance.maxAbsDifference(from: wanted) < 1e-7)
  }

  private func directSSIM(_ a: Tensor, _ b: Tensor, k1: Double, black: Double = -1) -> Double {
    let (height, width) = (a.shape[2], a.shape[3])
    let (c1, c2) = (4 * k1 * k1, 4 * 0.0009)
    var (total, windows) = (0.0, 0.0)
    for top in 0...height - 11 {
      for left in 0...width - 11 {
        var (sum, ma, mb, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for y in 0..<11 {
          for x in 0..<11 {
            let weight = exp(-Double((y - 5) * (y - 5) + (x - 5) * (x - 5)) / 4.5)
            let p = Double(a[0, 0, top + y, left + x]) - black
            let q = Double(b[0, 0, top + y, left + x]) - black
            sum += weight
            ma += weight * p
            mb += weight * q
            aa += weight * p * p
            bb += weight * q * q
            ab += weight * p * q
          }
        }
        (ma, mb, aa, bb, ab) = (ma / sum, mb / sum, aa / sum, bb / sum, ab / sum)
        total +=
          (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2)
          / ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2))
        windows += 1
      }
    }
    return total / windows
  }
}
