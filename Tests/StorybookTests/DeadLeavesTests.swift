import Foundation
import Imaging
import Storybook
import Tensors
import Testing

@Suite("dead leaves") struct DeadLeavesTests {
  @Test("texture i of a seed is always the same and in range")
  func deterministic() {
    let leaves = DeadLeaves(size: 40)
    let pictures = leaves.pictures(seed: 3, indices: 0..<6)
    #expect(pictures.shape == [6, 3, 40, 40])
    #expect(leaves.pictures(seed: 3, indices: 4..<5).elements == pictures.rows(4..<5).elements)
    #expect(leaves.pictures(seed: 4, indices: 4..<5).elements != pictures.rows(4..<5).elements)
    #expect(pictures.maxAbs <= 1)
    #expect(DeadLeaves(size: 1).pictures(seed: 0, indices: 0..<1).maxAbs <= 1)
  }

  @Test("the power spectrum falls about as 1/f², which noise does not")
  func spectrum() {
    let textures = DeadLeaves(size: 128).pictures(seed: 11, indices: 0..<24)
    let slope = SpectrumFit(of: PowerSpectrum(of: textures.luminance)).exponent
    #expect(abs(slope + 2) < 0.4, "\(slope)")
    let noise = TorchGenerator(seed: 1).normal([2, 1, 128, 128])
    #expect(abs(SpectrumFit(of: PowerSpectrum(of: noise)).exponent) < 0.1)
  }

  @Test("no patch is left bare and neighbours differ in brightness and colour")
  func covered() {
    let pictures = DeadLeaves(size: 64).pictures(seed: 5, indices: 0..<16)
    let moments = pictures.moments
    #expect(abs(moments.mean) < 0.35 && moments.std > 0.35)
    let red = pictures.slice(0..<1, along: 1)
    let blue = pictures.slice(2..<3, along: 1)
    #expect((red - blue).moments.std > 0.1)
  }
}
