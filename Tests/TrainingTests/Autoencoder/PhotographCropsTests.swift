import Imaging
import Storybook
import Tensors
import Testing
import Training

@Suite("Pieces of one's own pictures") struct PhotographCropsTests {
  private func flat(_ value: UInt8, _ width: Int = 64, _ height: Int = 64) -> Image {
    Image(width: width, height: height, filledWith: RGB(value, value, value))
  }

  @Test("a tenth is held out and never met, of five at least one, of four none")
  func heldOut() {
    #expect(PhotographCrops((0..<4).map { flat($0) }).heldOut.isEmpty)
    #expect(PhotographCrops((0..<5).map { flat($0) }).heldOut == [flat(4)])
    let crops = PhotographCrops((0..<20).map { flat($0 * 10) })
    #expect(crops.heldOut == [flat(40), flat(140)])
    var random = SplitMix(seed: 3)
    let met = Set((0..<600).map { _ in Image(crops.piece(16, &random)).pixels[0] })
    #expect(met == Set(crops.training.map { $0.pixels[0] }) && met.count == 18)
  }

  @Test("every place is met as often as any other: a picture by its area")
  func byArea() {
    let crops = PhotographCrops([flat(0, 32, 32), flat(255, 64, 96)])
    var random = SplitMix(seed: 5)
    let second = (0..<700).count { _ in crops.piece(16, &random).elements[0] > 0 }
    // Six of seven, give or take four standard deviations.
    #expect(abs(second - 600) < 38, "\(second)")
  }

  @Test("a piece covers between its own size and four times that, each pixel a mean")
  func scales() {
    // A ramp: 2 levels from one column to the next.
    let ramp = Image(
      width: 100, height: 100, channels: .rgb,
      pixels: (0..<30_000).map { UInt8($0 / 3 % 100 * 2) })
    let crops = PhotographCrops([ramp])
    var random = SplitMix(seed: 7)
    let scales = (0..<200).map { _ -> Float in
      let row = Array(crops.piece(16, &random).elements[0..<16])
      let steps = zip(row, row.dropFirst()).map { abs($1 - $0) * 127.5 / 2 }
      #expect((steps.max() ?? 0) - (steps.min() ?? 0) < 1.1)
      return steps.reduce(0, +) / 15
    }
    let (least, most) = (scales.min() ?? 0, scales.max() ?? 0)
    #expect(least > 0.95 && least < 1.1 && most > 3.5 && most < 4.05, "\(least) \(most)")
  }

  @Test("their share among all pieces is the one that was asked for, at every repetition")
  func share() {
    func crops(_ share: Double) -> PictureCrops {
      PictureCrops(
        of: PictureMix(seed: 1, size: 32, textureShare: 0), and: PhotographCrops([flat(255)]),
        share: share, size: 8, batchSize: 10, seed: 1)
    }
    func own(_ share: Double) -> Int {
      let crops = crops(share)
      return (0..<20).reduce(0) { sum, index in
        let batch = crops.batch(index)
        return sum
          + (0..<10).count { batch.rows($0..<$0 + 1).elements.allSatisfy { $0 > 0.999 } }
      }
    }
    #expect(own(1) == 200 && own(0) == 0)
    #expect(60...140 ~= own(0.5))
    #expect(crops(0.5).batch(3).elements == crops(0.5).batch(3).elements)
  }
}
