import Checkpoints
import Foundation
import Imaging
import Networks
import Pages
import Records
import Tensors
import TestSupport
import Testing
import VAECompression

@Suite("vae-compression") struct VAECompressionCommandTests {
  private func run(
    _ arguments: [String], models: [ComparedModel] = [],
    _ check: (URL, Page) throws -> Void
  ) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let paths = try models.map { try Examples.write($0, to: parent) }
      let own = paths.isEmpty ? [] : ["--models"] + paths
      let result = try VAECompressionCommand.run(
        ["--output", folder.path, "--factors", "1"] + arguments + own)
      try check(folder, result.page)
    }
  }

  private func table(_ name: String, in folder: URL) throws -> CSVTable {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return try #require(CSVTable(text: text))
  }

  private func models() throws -> [ComparedModel] {
    try [Examples.model(.kl, factor: 4), Examples.model(.vq, factor: 8)]
  }

  @Test("every model over a folder: means of what is measured picture by picture")
  func folder() throws {
    try withTemporaryFolder { pictures in
      for name in ["scene", "chart"] {
        try FileManager.default.copyItem(
          atPath: Repository.path("fixtures/images/\(name).png"),
          toPath: pictures.path + "/\(name).png")
      }
      try run(["--image", Examples.scene, "--images", pictures.path], models: models()) {
        folder, page in
        let (means, all) = (
          try table("images.csv", in: folder), try table("pictures.csv", in: folder)
        )
        #expect(means.texts("model") == ["pixels", "kl-4", "vq-8"])
        let names = ["chart.png", "scene.png"]
        #expect(all.texts("picture") == names + names + names)
        for measure in ["perceptual_distance", "pca_psnr"] {
          let (mean, each) = (
            try #require(means.numbers(measure)), try #require(all.numbers(measure))
          )
          #expect(abs(mean[1] - (each[2] + each[3]) / 2) < 1e-9)
          #expect(abs(mean[2] - (each[4] + each[5]) / 2) < 1e-9)
        }
      }
    }
  }

  @Test("one row for each model and baseline; PSNR is that of the PNG files")
  func table() throws {
    try run(["--image", Examples.scene], models: models()) { folder, page in
      let table = try table("compression.csv", in: folder)
      #expect(
        table.columns == [
          "model", "regularization", "f", "latent_channels", "latent_height", "latent_width",
          "latent_values", "value_ratio", "rate_bits_per_pixel", "psnr", "ssim",
          "perceptual_distance", "encode_seconds", "decode_seconds", "peak_megabytes",
        ])
      let names = try #require(table.texts("model"))
      #expect(
        names == [
          "pixels", "kl-4", "vq-8", "pca-f4-c4", "pca-f8-c4", "dct-at-kl-4", "dct-at-vq-8",
        ])
      #expect(table.texts("regularization") == ["none", "kl", "vq", "pca", "pca", "dct", "dct"])
      #expect(table.numbers("value_ratio")?.prefix(3) == [1, 12, 48])
      let original = try PictureFile.read(Examples.scene).tensor()
      for (i, name) in names.enumerated() where i > 0 && !["kl-4", "vq-8"].contains(name) {
        let picture = try PictureFile.read(
          folder.appendingPathComponent("images/reconstruction-\(name).png").path
        ).tensor()
        let psnr = try #require(table.numbers("psnr"))[i]
        #expect(abs(ImageMetrics.psnr(original, picture) - psnr) < 1e-9)
      }
      for residual in page.residuals { #expect(residual.holds, "\(residual.measured)") }
    }
  }

  @Test("what untrained weights made is stamped")
  func stamped() throws {
    try run(["--image", Examples.scene], models: models()) { folder, _ in
      for name in ["reconstruction-kl-4", "latent-vq-8", "sigma-kl-4", "codes-vq-8", "error-kl-4"] {
        let image = try PictureFile.read(
          folder.appendingPathComponent("images/\(name).png").path
        ).image
        #expect(image[0, 0] == RGB(190, 30, 30), "\(name)")
      }
      let untouched = try PictureFile.read(
        folder.appendingPathComponent("images/reconstruction-pca-f4-c4.png").path
      ).image
      #expect(untouched.height == 128)
    }
  }

  @Test("the other tables say how the numbers come about")
  func otherTables() throws {
    try run(["--image", Examples.scene], models: models()) { folder, _ in
      let rates = try table("rates.csv", in: folder)
      let codes = try table("codebook.csv", in: folder)
      #expect(codes.numbers("count")?.reduce(0, +) == 256)
      #expect(rates.numbers("upper_bound_bits")?.last == 1024)
      let perPixel = try #require(
        try table("compression.csv", in: folder).numbers("rate_bits_per_pixel"))
      for (bits, expected) in zip(rates.numbers("bits") ?? [], perPixel) {
        #expect(abs(bits / 16384 - expected) < 1e-9)
      }
      #expect(try table("latents.csv", in: folder).rows.count == 3 + 4 + 4)
      let scale = try table("latent-scale.csv", in: folder)
      #expect(Set(scale.texts("model") ?? []) == ["pixels", "kl-4", "vq-8"])
      #expect(scale.rows.count == 3 * 5)
      #expect(try table("walk.csv", in: folder).rows.count == 3 * 7)
      #expect(try table("scenes.csv", in: folder).texts("model") == ["pixels", "kl-4", "vq-8"])
      #expect(try table("spectrum.csv", in: folder).rows.count == 7 * 64)
      let curve = try table("cosine-codec.csv", in: folder)
      let bits = try #require(curve.numbers("rate_bits_per_pixel"))
      #expect(bits == bits.sorted())
    }
  }

  @Test("a bundled model is measured on the scenes as it was when it was made")
  func knownScenes() throws {
    func scenes(_ options: String...) throws -> CSVTable {
      var found: CSVTable?
      try run(["--image", Examples.scene, "--factors", "32"] + options) { folder, _ in
        found = try table("scenes.csv", in: folder)
        let page = try String(
          contentsOf: folder.appendingPathComponent("index.html"), encoding: .utf8)
        #expect(page.contains("as measured when they were made") == options.isEmpty)
      }
      return try #require(found)
    }
    let (known, measured) = (try scenes(), try scenes("--measure-scenes"))
    #expect(known.texts("model") == ["kl-f32", "vq-f32"])
    #expect(known.texts("weights_sha256") == measured.texts("weights_sha256"))
    for column in ["psnr", "pca_psnr", "latent_std"] {
      let pairs = zip(
        try #require(known.numbers(column)), try #require(measured.numbers(column)))
      #expect(pairs.allSatisfy { abs($0 - $1) < 0.002 }, "\(column)")
    }
  }

  @Test("the table of bundled models is of the weights that are bundled")
  func knownWeights() throws {
    let table = try #require(
      CSVTable(
        text: String(
          contentsOfFile: Repository.path("fixtures/autoencoders/scenes.csv"), encoding: .utf8)))
    for (name, digest) in zip(
      try #require(table.texts("model")), try #require(table.texts("weights_sha256")))
    where name != "pixels" {
      let file = "fixtures/autoencoders/\(name)/diffusion_pytorch_model.safetensors"
      #expect(try SHA256.hexDigest(ofFile: Repository.path(file)).digest == digest, "\(name)")
    }
    #expect(table.rows.count == 11)
  }

  @Test("pictures of any size and kind go through", arguments: ["one-pixel", "wide", "rgb-16-bit"])
  func sizes(name: String) throws {
    let path = Repository.path("fixtures/images/odd/\(name).png")
    try run(["--image", path], models: models()) { folder, _ in
      let table = try table("compression.csv", in: folder)
      #expect(table.rows.count == 7)
    }
  }

  @Test("--tile measures what tiles change")
  func tiles() throws {
    try run(
      ["--image", Examples.scene, "--tile", "64"], models: [Examples.model(.kl, factor: 4)]
    ) { folder, _ in
      let tiles = try table("tiles.csv", in: folder)
      #expect(tiles.numbers("tiles") == [9] && tiles.numbers("tile_side") == [64])
      #expect(tiles.numbers("compared_height") == [128])
      #expect((tiles.numbers("rms_difference")?[0] ?? 0) > 0)
    }
  }

  @Test("--tensors holds latents and reconstructions")
  func tensors() throws {
    try run(["--image", Examples.scene, "--tensors"], models: models()) { folder, _ in
      let file = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors").path)
      #expect(try file.tensor(named: "kl-4.latent").shape == [1, 4, 32, 32])
      #expect(try file.tensor(named: "kl-4.log_variance").shape == [1, 4, 32, 32])
      #expect(try file.tensor(named: "vq-8.codes").shape == [16, 16])
      #expect(try file.tensor(named: "dct-at-vq-8.reconstruction").shape == [1, 3, 128, 128])
    }
  }

  @Test("the size that a large picture is fitted to stands in the manifest, not that of the second")
  func fitted() throws {
    try withTemporaryFolder { folder in
      let (strip, other) = (folder.path + "/strip.png", folder.path + "/other.png")
      for (path, width) in [(strip, 8200), (other, 8400)] {
        try PlainPNG.encode(width: width, height: 32) { x, y in (UInt8(x % 256), UInt8(y), 90) }
          .write(to: URL(fileURLWithPath: path))
      }
      let result = try VAECompressionCommand.run([
        "--image", strip, "--second", other, "--factors", "1", "--output", folder.path + "/out",
      ])
      #expect(result.notices.contains { $0.contains("8200×32 pixels are fitted to 8192×31") })
      let settings = result.manifest.settings
      #expect(settings["width"] == 8192 && settings["height"] == 31)
    }
  }

  // MARK: Bad input

  static let mistakes: [BadInput] =
    BadInput.images + [
      .usage("--factors", "3", mentions: "--factors"),
      .usage("--factors", "", mentions: "--factors"),
      .usage("--factors", "1,,8", mentions: "1,,8"),
      .usage("--tile", "5", mentions: "--tile"),
      .usage("--variant", "fp16", mentions: "--models"),
      .usage("--seed", "-1", mentions: "-1"),
      .usage("--no-such-option", mentions: "--no-such-option"),
      BadInput("a model that is not there", status: 66, mentions: "nowhere") {
        ["--factors", "1", "--models", $0.appendingPathComponent("nowhere").path]
      },
      BadInput("a second picture that is not there", status: 66, mentions: "nowhere.png") {
        ["--factors", "1", "--second", $0.appendingPathComponent("nowhere.png").path]
      },
      BadInput("an autoencoder of four channels", status: 65, mentions: "found 4") { folder in
        var configuration = AutoencoderKLConfiguration()
        configuration.architecture = Examples.architecture(factor: 4)
        configuration.architecture.inChannels = 4
        let model = ComparedModel(
          name: "four", stage: .autoencoder(try AutoencoderKL(configuration, seed: 1)),
          isTrained: false,
          isShipped: false)
        return ["--factors", "1", "--models", try Examples.write(model, to: folder)]
      },
      BadInput("an autoencoder with f = 128", status: 65, mentions: "found 128") { folder in
        let model = try Examples.model(.vq, factor: 128)
        return ["--factors", "1", "--models", try Examples.write(model, to: folder)]
      },
      BadInput("a truncated model", status: 65, mentions: "diffusion_pytorch_model") { folder in
        let path = try Examples.write(Examples.model(.kl, factor: 4), to: folder)
        let file = URL(fileURLWithPath: path + "/diffusion_pytorch_model.safetensors")
        let whole = try Data(contentsOf: file)
        try whole.prefix(whole.count / 2).write(to: file)
        return ["--factors", "1", "--models", path]
      },
    ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "vae-compression") == [])
  }

  @Test("explains itself")
  func help() throws {
    let outcome = try Executable("vae-compression").run(["--help"])
    #expect(outcome.status == 0 && outcome.output.contains("Example:"))
  }
}
