import Imaging
import Tensors
import Testing
import VAECompression

@Suite("Work in tiles") struct TilingTests {
  @Test(
    "what works pixel by pixel is the same in tiles", arguments: [(64, 200), (201, 97), (32, 32)])
  func pointwise(height: Int, width: Int) throws {
    let picture = Examples.picture(height, width)
    let model = ComparedModel.pixels
    let encoded = model.encode(picture, tiling: Tiling(side: 64))
    #expect(encoded.mean.elements == picture.elements)
    // A decoder without context: the blend of equal values is that value.
    let kl = try Examples.model(.kl, factor: 2)
    let whole = kl.encode(picture)
    let tiled = kl.encode(picture, tiling: Tiling(side: 64))
    #expect(tiled.mean.shape == whole.mean.shape)
    #expect(tiled.posterior?.logVariance.shape == whole.mean.shape)
  }

  @Test("one tile that covers all is the whole")
  func covering() throws {
    let picture = Examples.picture(48, 40)
    for kind in LatentKinds.all {
      let model = try Examples.model(kind, factor: 4)
      let whole = model.encode(picture)
      let tiled = model.encode(picture, tiling: Tiling(side: 64))
      #expect(whole.mean.elements == tiled.mean.elements)
      let back = model.decode(whole.mean, height: 48, width: 40, tiling: Tiling(side: 64))
      #expect(back.elements == model.decode(whole.mean, height: 48, width: 40).elements)
    }
  }

  @Test("tiles cover everything and overlap by a quarter", arguments: [(200, 64, 8), (65, 64, 1)])
  func count(length: Int, side: Int, unit: Int) {
    let tiles = Tiling(side: side).count(height: length, width: side, factor: unit)
    #expect(tiles * side >= length + (tiles - 1) * side / 4)
    #expect((tiles - 1) * side * 3 / 4 < length)
  }

  @Test("a constant is not changed by the blend")
  func constant() throws {
    // Attention and norms of a constant see the same in every tile; only zero padding differs.
    let model = try Examples.model(.kl, factor: 2)
    let difference = TilingDifference(
      model, on: Examples.picture(128, 128), tiling: Tiling(side: 32))
    #expect(difference.tiles == 25 && difference.height == 128)
    #expect(difference.largest > 0)
    #expect(difference.rootMeanSquare <= difference.largest)
  }

  @Test("small pictures are worked on whole, unless tiles are asked for")
  func plan() throws {
    let model = try Examples.model(.kl, factor: 4)
    #expect(Tiling.plan(for: model.stage, height: 512, width: 512) == .whole)
    #expect(
      Tiling.plan(for: model.stage, height: 512, width: 512, asked: 100) == Tiling(side: 96))
    #expect(Tiling.plan(for: model.stage, height: 80, width: 80, asked: 100) == .whole)
    // Attention over 512² places is not affordable.
    #expect(
      Tiling.plan(for: model.stage, height: 2048, width: 2048) == Tiling(side: 512))
    #expect(Tiling.plan(for: ComparedModel.pixels.stage, height: 9000, width: 9000) == .whole)
  }
}
