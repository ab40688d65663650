import Storybook
import Tensors
import Testing
import Training

@Suite("Pieces of pictures") struct PictureCropsTests {
  private func crops(size: Int, batch: Int = 4, seed: UInt64 = 1) -> PictureCrops {
    PictureCrops(
      of: PictureMix(seed: seed, size: 32, textureShare: 0.5), size: size, batchSize: batch,
      seed: seed)
  }

  @Test("batch i is the same whenever it is asked for, and unlike the others")
  func repeatable() {
    let crops = crops(size: 16)
    let batch = crops.batch(3)
    #expect(batch.shape == [4, 3, 16, 16])
    #expect(batch.elements == crops.batch(3).elements)
    #expect(batch.elements != crops.batch(4).elements)
    #expect(batch.maxAbs <= 1)
  }

  @Test("whole pictures are whole, perhaps mirrored")
  func whole() {
    let crops = crops(size: 32, batch: 8)
    let (batch, pictures) = (crops.batch(2), crops.pictures.pictures(16..<24))
    var mirrored = 0
    for i in 0..<8 {
      let (piece, picture) = (batch.rows(i..<i + 1), pictures.rows(i..<i + 1))
      if piece.elements == picture.elements { continue }
      mirrored += 1
      let columns = (0..<32).reversed().map { picture.slice($0..<$0 + 1, along: 3) }
      #expect(piece.elements == Tensor.concatenated(columns, along: 3).elements)
    }
    #expect(1...7 ~= mirrored)
  }

  @Test("a small piece lies somewhere in its picture")
  func somewhere() {
    let crops = crops(size: 8, batch: 6)
    let (batch, pictures) = (crops.batch(0), crops.pictures.pictures(0..<6))
    for i in 0..<6 {
      let piece = batch.rows(i..<i + 1)
      let found = (0...24).contains { top in
        (0...24).contains { left in
          let part = pictures.rows(i..<i + 1).slice(top..<top + 8, along: 2)
            .slice(left..<left + 8, along: 3)
          let columns = (0..<8).reversed().map { part.slice($0..<$0 + 1, along: 3) }
          return part.elements == piece.elements
            || Tensor.concatenated(columns, along: 3).elements == piece.elements
        }
      }
      #expect(found, "piece \(i)")
    }
  }
}
