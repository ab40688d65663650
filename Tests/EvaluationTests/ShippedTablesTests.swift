import Foundation
import JSON
import Records
import Testing
import TestSupport

/// The bundled tables say the same of the same thing, to the last digit.
@Suite("The shipped tables") struct ShippedTablesTests {
  private let names = ["kl-f2", "kl-f4", "kl-f8", "kl-f16", "kl-f32"].flatMap {
    [$0, $0.replacingOccurrences(of: "kl", with: "vq")]
  }

  /// Rows of a table, by the names in its header.
  private func rows(_ path: String) throws -> [[String: String]] {
    let text = try String(contentsOfFile: Repository.path(path), encoding: .utf8)
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let header = try #require(lines.first)
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
  }

  private func reconstruction(_ autoencoder: String, _ pictures: String) throws -> [String: String]
  {
    try #require(
      try rows("fixtures/model/report/reconstruction.csv").first {
        $0["autoencoder"] == autoencoder && $0["pictures"] == pictures
      })
  }

  @Test("the report and the records beside the weights have the same PSNR and SSIM")
  func autoencoders() throws {
    let zoo = names.map { (name: $0, folder: "fixtures/autoencoders/\($0)") }
    for (name, folder) in zoo + [("the model's own", "fixtures/model/vae")] {
      let record = try JSONNode(contentsOf: Repository.path("\(folder)/training.json"))
      for (pictures, key) in [("held-out scenes", "scenes"), ("dead leaves", "textures")] {
        let row = try reconstruction(name, pictures)
        for measure in ["psnr", "ssim"] {
          let recorded = try record[measure][key].number()
          #expect(row[measure].flatMap(Double.init) == recorded, "\(name) \(pictures) \(measure)")
        }
      }
    }
  }

  @Test("the study and the report agree about every first stage whose weights are the same")
  func study() throws {
    let weights = "diffusion_pytorch_model.safetensors"
    func digest(_ folder: String) throws -> String {
      try SHA256.hexDigest(ofFile: Repository.path("\(folder)/\(weights)")).digest
    }
    let manifest = try JSONNode(
      contentsOf: Repository.path("fixtures/studies/downsampling/manifest.json"))
    var compared = 0
    for row in try rows("fixtures/studies/downsampling/ceilings.csv") {
      guard let f = row["f"].flatMap(Int.init), f > 1 else { continue }
      let folder = "fixtures/autoencoders/kl-f\(f)"
      let used = try #require(
        try manifest["inputs"].elements().first {
          try $0["path"].string() == "\(folder)/\(weights)"
        })
      for (name, shipped) in [("kl-f\(f)", folder), ("the model's own", "fixtures/model/vae")] {
        let inReport = try reconstruction(name, "held-out scenes")["psnr"]
        let isSame = try used["sha256"].string() == digest(shipped)
        #expect((row["psnr"] == inReport) == isSame, "f = \(f), \(name)")
        compared += isSame ? 1 : 0
      }
    }
    #expect(compared > 0)
  }
}
