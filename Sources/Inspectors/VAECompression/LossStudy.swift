import Commands
import Diagnostics
import Evaluation
import Foundation
import Pages
import Records

/// One autoencoder that learned on in four ways: with and without what a network sees, with and without a
/// critic. Bundled: what `vae-compression` measured of them (fixtures/studies/losses).
package struct LossStudy {
  /// One of the four.
  package struct Member {
    package let name: String
    /// w_p and w_a of the loss (LDM, arXiv:2112.10752, section G).
    package let perceptualWeight, adversarialWeight: Double
    /// Means over held-out photographs.
    package let psnr, ssim, perceptualDistance: Double
    /// Of the picture that is shown: cycles per pixel, and the power that comes back over what there was.
    package let frequencies, kept: [Double]
    /// The PSNR of the picture that is shown, in dB.
    package let psnrOfPicture: Double
    package let picture: Picture
  }

  /// f of all four.
  package let factor: Int
  package let original: Picture
  package let members: [Member]

  /// - Throws: `ShippedFileError`, `FileError`, `TableError`.
  package static func bundled() throws -> LossStudy {
    try LossStudy(folder: Shipped.path("fixtures/studies/losses"))
  }

  /// - Parameter folder: `weights.csv`, and of a run of `vae-compression` the tables `images.csv`,
  ///   `compression.csv` and `spectrum.csv` and pictures of `images/`.
  /// - Throws: `FileError`, `TableError`.
  package init(folder: String) throws {
    func table(_ name: String) throws -> TableFile {
      try TableFile("\(folder)/\(name)", expecting: "a table of autoencoders")
    }
    func picture(_ name: String) throws -> Picture {
      Picture(
        png: try readInput(
          "\(folder)/images/\(name).png", expecting: "a picture", limit: 4 << 20))
    }
    let (weights, means) = try (table("weights.csv"), table("images.csv"))
    let (single, spectra) = try (table("compression.csv"), table("spectrum.csv"))
    let names = try weights.texts("model")
    factor = Int(try single.value("f", of: names.first ?? ""))
    original = try picture("original")
    members = try names.map { name in
      let (before, after) = try (
        spectra.values("original_power", of: name), spectra.values("reconstruction_power", of: name)
      )
      return Member(
        name: name, perceptualWeight: try weights.value("perceptual_weight", of: name),
        adversarialWeight: try weights.value("adversarial_weight", of: name),
        psnr: try means.value("psnr", of: name), ssim: try means.value("ssim", of: name),
        perceptualDistance: try means.value("perceptual_distance", of: name),
        frequencies: try spectra.values("frequency", of: name),
        kept: zip(after, before).map { $0 / $1 },
        psnrOfPicture: try single.value("psnr", of: name),
        picture: try picture("reconstruction-\(name)"))
    }
  }

  /// The mean share of the power that comes back between the highest frequency of a picture made f times
  /// smaller and the highest there is.
  package func keptBeyondCutoff(_ member: Member) -> Double {
    let beyond = zip(member.frequencies, member.kept).filter { $0.0 > 0.5 / Double(factor) }
    return beyond.map(\.1).meanAndDeviation.mean
  }
}

extension TableFile {
  /// The numbers of a column in the rows of one model.
  fileprivate func values(_ column: String, of model: String) throws -> [Double] {
    let (names, numbers) = try (texts("model"), numbers(column, allowing: { !$0.isFinite }))
    return zip(names, numbers).filter { $0.0 == model }.map(\.1)
  }

  /// That of the model's only row.
  fileprivate func value(_ column: String, of model: String) throws -> Double {
    guard let value = try values(column, of: model).first else {
      throw TableError(file: path, expected: "a row of '\(model)'")
    }
    return value
  }
}
