import Foundation
import Tensors
import TestSupport

/// fixtures/golden/imaging.json, made by imaging.py beside it.
struct Golden: Decodable {
  struct Resized: Decodable {
    var filter: String
    var from: [Int]
    var to: [Int]
    var indices: [Int]
    var values: [Double]
  }
  struct Similarity: Decodable {
    var size: [Int]
    var a: String
    var b: String
    var ssim: Double
    var psnr: Double?
  }
  /// Pictures of 8 bits.
  struct StoredSimilarity: Decodable {
    var size: [Int]
    var first: [UInt8]
    var second: [UInt8]
    var ssim: Double
    var psnr: Double
  }
  struct Spectrum: Decodable {
    var size: [Int]
    var indices: [Int]
    var values: [Double]
  }

  var resized: [Resized]
  var similarities: [Similarity]
  var storedSimilarities: [StoredSimilarity]
  var spectra: [Spectrum]

  static func load() throws -> Golden {
    let path = Repository.path("fixtures/golden/imaging.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Golden.self, from: Data(contentsOf: URL(filePath: path)))
  }

  /// The script's formulas.
  static func picture(_ size: [Int], _ kind: String) -> Tensor {
    Tensor([1, 1, size[0], size[1]]) { out in
      for y in 0..<size[0] {
        for x in 0..<size[1] {
          let v =
            switch kind {
            case "hash": (y * y * 7 + x * 13 + x * y * 31 + x * x * x * 3) % 256
            case "waves": (4 * y + 2 * x + (x * y) / 8) % 256
            default: min((3 * y * y + 2 * x * x) / 16, 255)
            }
          out[y * size[1] + x] = Float(v) / 127.5 - 1
        }
      }
    }
  }
}
