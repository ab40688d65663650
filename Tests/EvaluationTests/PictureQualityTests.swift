import Evaluation
import Imaging
import Tensors
import TestSupport
import Testing

@Suite("What comes back of pictures") struct PictureQualityTests {
  private let pictures = FirstStageEvaluation.scenes(3)

  @Test("each picture is measured as its PNG holds it, then the mean is taken")
  func means() throws {
    let dark = pictures.scaled(by: 0.9)
    let quality = ReconstructionQuality(of: pictures) { $0.scaled(by: 0.9) }
    let single = (0..<3).map { row in
      let (a, b) = (Image(pictures.rows(row..<row + 1)), Image(dark.rows(row..<row + 1)))
      return ImageMetrics.psnr(a.tensor, b.tensor)
    }
    #expect(quality.psnr == single)
    #expect(quality.meanPSNR == single.reduce(0, +) / 3)
    // The PSNR of the mean error is another number: the definition matters.
    let pooled = ImageMetrics.psnr(pictures.asStored, dark.asStored)
    #expect(abs(quality.meanPSNR - pooled) > 1e-4)
  }

  @Test("what comes back whole has SSIM 1, and its infinite PSNR stays out of means")
  func perfect() {
    var quality = ReconstructionQuality(of: pictures) { $0 }
    #expect(quality.meanPSNR == .infinity && quality.meanSSIM == 1)
    quality.add(pictures.rows(0..<1), pictures.rows(0..<1).scaled(by: 0.5))
    #expect(quality.meanPSNR.isFinite && quality.psnr.count == 4)
  }

  @Test("less than half a step of 8 bits cannot be seen, and is not measured")
  func quantised() {
    let quality = ReconstructionQuality(of: pictures.asStored) { $0.scaled(by: 1, plus: 0.003) }
    #expect(quality.meanPSNR == .infinity)
  }
}
