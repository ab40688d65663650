import Foundation
import Imaging
import Records
import Tensors

extension Comparison {
  /// Everything that is compared, in order.
  static var all: [Comparison] {
    [
      forwardNoising, textToImage, vaeCompression, tour, trainingStep("unet"),
      trainingStep("autoencoder"),
    ]
  }

  /// The folder of the executables: that of this one.
  private static func executable(_ name: String) -> String {
    Installation.current.neighbour(name)
  }

  private static let forwardNoising = Comparison(
    name: "forward-noising",
    summary: "1000 steps on a 512×512 RGB picture, pictures at 11 timesteps",
    prepare: { try writePicture(to: $0) },
    ours: {
      [
        executable("forward-noising"), "--image", "\($0)/picture.png", "--timesteps", "11",
        "--output", "\($0)/ours", "--quiet",
      ]
    },
    script: "forward_noising.py",
    arguments: { ["\($0)/picture.png", "\($0)/theirs"] })

  private static func writePicture(to scratch: String) throws {
    let noise = TorchGenerator(seed: 1).normal([1, 3, 512, 512])
    try PNG.write(Image(0.3 * noise), to: "\(scratch)/picture.png")
  }

  private static let textToImage = Comparison(
    name: "text-to-image",
    summary: "20 guided steps of the shipped model, from start to page, every step decoded",
    prepare: { _ in },
    ours: {
      [
        executable("text-to-image"), "--steps", "20", "--prompt", "a red boat on the sea by day",
        "--output", "\($0)/ours", "--quiet",
      ]
    },
    script: "text_to_image_shipped.py",
    arguments: { ["fixtures/model", "\($0)/theirs"] })

  private static let vaeCompression = Comparison(
    name: "vae-compression", summary: "every bundled autoencoder on a 512×512 picture",
    prepare: { try writePicture(to: $0) },
    ours: {
      [
        executable("vae-compression"), "--image", "\($0)/picture.png", "--output", "\($0)/ours",
        "--quiet",
      ]
    })

  private static let tour = Comparison(
    name: "tour", summary: "every inspector once", prepare: { _ in },
    ours: { [executable("tour"), "--output", "\($0)/tour", "--quiet"] })

  private static func trainingStep(_ network: String) -> Comparison {
    Comparison(
      name: "training-\(network)",
      summary: network == "unet"
        ? "a training step of the shipped U-Net, 32 latents of 16×16"
        : "a training step of the f = 8 autoencoder, 8 pictures of 64×64",
      prepare: { _ in }, ours: { _ in [executable("training-step"), network] },
      script: "training_step.py", arguments: { _ in [network] })
  }
}
