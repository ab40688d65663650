import Foundation
import Imaging
import TestSupport
import Tensors
import Testing

@Suite("PNG against Pillow and diffusers") struct PNGGoldenTests {
  /// fixtures/golden/png-decoding.json, made by png-decoding.py beside it.
  private struct Golden: Decodable {
    struct File: Decodable {
      var path: String
      var size: [Int]
      var indices: [Int]
      var values: [Double]
      var mean: Double
      var weighted: Double
    }
    var files: [File]
    var normalized: [Float]
    var between: [Float]
    var bytes: [UInt8]
  }

  private let golden: Golden

  init() throws {
    let path = Repository.path("fixtures/golden/png-decoding.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(filePath: path)))
  }

  @Test("every fixture decodes to the same values")
  func files() throws {
    #expect(golden.files.count == 13)
    for file in golden.files {
      let tensor = try PictureFile.read(Repository.path("fixtures/images/\(file.path)")).tensor()
      #expect(tensor.shape == [1, 3] + file.size)
      let values = tensor.elements.map { (Double($0) + 1) / 2 }
      let error = zip(file.indices, file.values).map { abs(values[$0] - $1) }.max() ?? 1
      #expect(error < 2e-7, "\(file.path): \(error)")
      let count = Double(values.count)
      let weighted = values.enumerated().reduce(0) { $0 + $1.element * Double($1.offset % 97) }
      #expect(abs(values.reduce(0, +) / count - file.mean) < 1e-7, "\(file.path)")
      #expect(abs(weighted / count - file.weighted) < 1e-5, "\(file.path)")
    }
  }

  @Test("bytes become numbers, and numbers bytes, as in VaeImageProcessor")
  func conversion() {
    let ramp = Image(width: 256, height: 1, channels: .grey, pixels: Array(0...255)).tensor
    let error = ramp.maxAbsDifference(from: Tensor(ramp.shape, golden.normalized))
    #expect(error <= 1.2e-7)
    let between = Tensor([1, 1, 1, golden.between.count], golden.between)
    #expect(Image(between).pixels == golden.bytes)
  }
}
