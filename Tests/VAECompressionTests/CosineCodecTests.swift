import Foundation
import Imaging
import Tensors
import Testing
import VAECompression

@Suite("The cosine codec") struct CosineCodecTests {
  private let picture = Examples.picture(45, 61)

  @Test("the transform is orthonormal: it keeps the energy, and goes back")
  func orthonormal() {
    let codec = CosineCodec(picture)
    let padded = picture.paddedToMultiple(of: 8)
    #expect(abs(codec.spectrum.norm / padded.norm - 1) < 1e-5)
    let finest = codec.reconstruction(at: QuantizerGrid.indices.lowerBound)
    #expect(finest.shape == picture.shape)
    #expect(finest.maxAbsDifference(from: picture) < 0.01)
  }

  @Test("one cosine of a block is one coefficient")
  func basis() throws {
    let wave = Tensor([1, 3, 8, 8]) { out in
      for i in 0..<out.count {
        let (y, x) = (i / 8 % 8, i % 8)
        out[i] = Float(
          cos((2 * Double(y) + 1) * 2 * .pi / 16) * cos((2 * Double(x) + 1) * .pi / 16))
      }
    }
    let values = CosineCodec(wave).spectrum.elements
    let large = values.indices.filter { abs(values[$0]) > 1e-4 }
    // Grey, two half waves down and one across.
    #expect(large.count == 1 && [2 * 8 + 1, 8 + 2].contains(large[0]))
    #expect(abs(Double(values[large[0]]) - wave.norm) < 1e-4)
  }

  @Test("a coarser step takes fewer bits and is less like the picture")
  func monotone() {
    let codec = CosineCodec(picture)
    let steps = stride(from: -40, through: 24, by: 8).map { $0 }
    let bits = steps.map { codec.bits(at: $0) }
    let errors = steps.map { codec.reconstruction(at: $0).meanSquaredError(from: picture) }
    for i in steps.indices.dropFirst() {
      #expect(bits[i] <= bits[i - 1])
      #expect(errors[i] >= errors[i - 1])
    }
  }

  @Test("takes as many bits as it may, and no more", arguments: [100.0, 2000, 20_000])
  func within(bits: Double) {
    let codec = CosineCodec(picture)
    let index = codec.step(within: bits)
    #expect(codec.bits(at: index) <= bits)
    #expect(codec.bits(at: index - 1) > bits)
  }

  @Test("a picture of one colour costs next to nothing")
  func flat() {
    let codec = CosineCodec(Tensor([1, 3, 64, 64], repeating: 0.3))
    // The first block of each colour differs from nothing; all others differ from it by nothing.
    #expect(codec.bits(at: -40) < 3 * 16)
    #expect(codec.valuesKept(at: -40) == 64)
  }
}
