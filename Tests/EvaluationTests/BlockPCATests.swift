import Checkpoints
import Evaluation
import Foundation
import Imaging
import Tensors
import Testing

@Suite("Block PCA") struct BlockPCATests {
  private let pictures = PCALessons.pictures(count: 16)

  private func error(_ pca: BlockPCA, _ picture: Tensor) -> Double {
    pca.decode(
      pca.encode(picture), batch: picture.shape[0], height: picture.shape[2],
      width: picture.shape[3]
    ).meanSquaredError(from: picture)
  }

  @Test("with all directions nothing is lost, whatever the size", arguments: [(8, 8), (13, 9)])
  func complete(height: Int, width: Int) {
    let pca = BlockPCA(learningFrom: pictures, factor: 2, components: 12)
    let noise = TorchGenerator(seed: 1).normal([1, 3, height, width]).clamped(to: -1...1)
    #expect(error(pca, noise) < 1e-9)
    #expect(pca.orthonormalityError < 1e-5)
  }

  @Test("each further direction helps, and the directions of more are those of fewer")
  func nested() {
    let errors = [1, 2, 4, 8, 16].map {
      error(BlockPCA(learningFrom: pictures, factor: 4, components: $0), pictures)
    }
    for (fewer, more) in zip(errors, errors.dropFirst()) { #expect(more < fewer) }
  }

  @Test("no other directions keep more of what was learned from: turned ones lose more")
  func best() {
    let pca = BlockPCA(learningFrom: pictures, factor: 2, components: 3, blocksPerPicture: 256)
    // Keep the mean colour of each block alone: three orthonormal directions as well.
    let picture = pictures
    let means = picture.resized(height: 64, width: 64, .area)
    let repeated = Tensor(picture.shape) { out in
      means.withUnsafeElements { means in
        for i in 0..<out.count {
          let (plane, y, x) = (i / (128 * 128), i / 128 % 128, i % 128)
          out[i] = means[(plane * 64 + y / 2) * 64 + x / 2]
        }
      }
    }
    #expect(error(pca, picture) < 1.02 * repeated.meanSquaredError(from: picture))
  }

  @Test("finds the one direction in which blocks of a known kind vary")
  func known() {
    // Every picture is one colour: the only direction is the mean over a block.
    let flat = Tensor([64, 3, 8, 8]) { out in
      for i in 0..<out.count { out[i] = Float(i / 192) / 64 }
    }
    let pca = BlockPCA(learningFrom: flat, factor: 2, components: 1)
    let expected = Float(1 / 12.0.squareRoot())
    for value in pca.components.elements { #expect(abs(abs(value) - expected) < 1e-4) }
    #expect(error(pca, flat) < 1e-9)
  }

  @Test("what a file keeps of it is the same analysis; another f does not fit")
  func kept() throws {
    let pca = BlockPCA(learningFrom: pictures, factor: 4, components: 3)
    let again = try BlockPCA(WeightTable(pca.tensors), factor: 4)
    #expect(again.reconstruct(pictures).elements == pca.reconstruct(pictures).elements)
    #expect(throws: CheckpointError.self) { try BlockPCA(WeightTable(pca.tensors), factor: 2) }
  }
}
