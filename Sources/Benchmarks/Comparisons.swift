import Foundation
import Imaging
import Records
import Tensors

extension Comparison {
  /// Everything that is compared, in order.
  static var all: [Comparison] {
    [kernels] + FullSize.Part.allCases.map(fullSize) + [
      textToImage, trainingStep("unet"), trainingStep("autoencoder"), forwardNoising,
      vaeCompression, tour,
    ]
  }

  /// The path of one of our executables: they lie where this one does.
  private static func executable(_ name: String) -> String {
    Installation.current.neighbour(name)
  }

  /// Of the U-Net and the decoder of Stable Diffusion v1, then of the shipped model.
  private static let shapes = [
    "linear:4096x320x320", "linear:4096x320x2560", "linear:4096x1280x320", "linear:1024x640x640",
    "linear:1024x640x5120", "linear:1024x2560x640", "linear:256x1280x1280",
    "linear:256x1280x10240", "linear:256x5120x1280", "linear:77x768x1280",
    "convolution:1x64x64x320x320", "convolution:1x64x64x960x320", "convolution:1x32x32x640x640",
    "convolution:1x16x16x1280x1280", "convolution:1x8x8x1280x1280",
    "convolution:1x256x256x256x256", "convolution:1x512x512x128x128",
    "strided:1x64x64x320x320", "strided:1x32x32x640x640",
    "attention:4096x4096x8x40", "attention:4096x77x8x40", "attention:1024x1024x8x80",
    "attention:256x256x8x160",
    "linear:512x64x512", "linear:128x96x768", "convolution:2x16x16x64x64",
    "convolution:2x8x8x96x96", "attention:256x256x4x16", "attention:256x77x4x16",
  ]

  private static let kernels = Comparison(
    name: "kernels",
    summary: "single products at the shapes of Stable Diffusion v1 and the shipped model",
    labels: shapes,
    command: { engine, setting in
      let ours = [executable("kernel-times")] + shapes
      return switch engine {
      case .ours: ours
      case .oursBFloat16: ours + ["--precision", "bfloat16"]
      case .pyTorch: setting.script("kernels.py", ["torch"] + shapes)
      case .openVINO: setting.script("kernels.py", ["openvino"] + shapes)
      case .stableDiffusionCpp: nil
      }
    })

  private static func fullSize(_ part: FullSize.Part) -> Comparison {
    let work =
      switch part {
      case .unet: "a pass of the U-Net, 64×64 latent"
      case .pairOfUNets: "a pass of the U-Net over the two halves of a guided step"
      case .encoder: "the autoencoder's encoder, 512×512 pixels"
      case .decoder: "the autoencoder's decoder, 512×512 pixels"
      case .text: "the text encoder, 77 tokens"
      }
    return Comparison(
      name: "sd-v1-\(part.rawValue)", summary: "Stable Diffusion v1: " + work,
      prepare: { setting in
        try FullSize.write(to: setting.models)
        if setting.engines.contains(.openVINO) {
          try Measurement.succeed(setting.script("sd_v1.py", ["convert", setting.models]))
        }
      },
      command: { engine, setting in
        let ours = [
          executable("network-pass"), "\(setting.models)/\(part.folder)",
          "\(setting.models)/\(part.rawValue).safetensors", "\(setting.scratch)/output", "--runs",
          "3",
        ]
        return switch engine {
        case .ours: ours
        case .oursBFloat16: part.folder == "unet" ? ours + ["--precision", "bfloat16"] : nil
        case .pyTorch:
          setting.script("sd_v1.py", ["run", "torch", part.rawValue, setting.models])
        case .openVINO:
          setting.script("sd_v1.py", ["run", "openvino", part.rawValue, setting.models])
        case .stableDiffusionCpp:
          part == .encoder || part == .text
            ? nil : setting.script("sd_cpp.py", [part.rawValue, setting.models])
        }
      })
  }

  private static let textToImage = Comparison(
    name: "text-to-image",
    summary: "20 guided steps of the shipped model, from start to page, every step decoded",
    warmsUp: true,
    command: { engine, setting in
      switch engine {
      case .ours:
        [
          executable("text-to-image"), "--steps", "20", "--prompt", "a red boat on the sea by day",
          "--output", "\(setting.scratch)/ours", "--quiet",
        ]
      case .pyTorch:
        setting.script(
          "text_to_image_shipped.py",
          [
            Installation.current.file("fixtures/model") ?? "fixtures/model",
            "\(setting.scratch)/theirs",
          ])
      default: nil
      }
    })

  private static func trainingStep(_ network: String) -> Comparison {
    Comparison(
      name: "training-\(network)",
      summary: network == "unet"
        ? "a training step of the shipped U-Net, 32 latents of 16×16"
        : "a training step of the f = 8 autoencoder, 8 pictures of 64×64",
      command: { engine, setting in
        switch engine {
        case .ours: [executable("training-step"), network]
        case .pyTorch: setting.script("training_step.py", [network])
        default: nil
        }
      })
  }

  private static let forwardNoising = Comparison(
    name: "forward-noising",
    summary: "1000 steps on a 512×512 RGB picture, pictures at 11 timesteps", warmsUp: true,
    prepare: { try writePicture(to: $0.scratch) },
    command: { engine, setting in
      let picture = "\(setting.scratch)/picture.png"
      return switch engine {
      case .ours:
        [
          executable("forward-noising"), "--image", picture, "--timesteps", "11",
          "--output", "\(setting.scratch)/ours", "--quiet",
        ]
      case .pyTorch: setting.script("forward_noising.py", [picture, "\(setting.scratch)/theirs"])
      default: nil
      }
    })

  private static let vaeCompression = Comparison(
    name: "vae-compression", summary: "every bundled autoencoder on a 512×512 picture",
    warmsUp: true,
    prepare: { try writePicture(to: $0.scratch) },
    command: { engine, setting in
      guard engine == .ours else { return nil }
      return [
        executable("vae-compression"), "--image", "\(setting.scratch)/picture.png",
        "--output", "\(setting.scratch)/ours", "--quiet",
      ]
    })

  private static let tour = Comparison(
    name: "tour", summary: "every inspector once",
    command: { engine, setting in
      guard engine == .ours else { return nil }
      return [executable("tour"), "--output", "\(setting.scratch)/tour", "--quiet"]
    })

  private static func writePicture(to scratch: String) throws {
    let noise = TorchGenerator(seed: 1).normal([1, 3, 512, 512])
    try PNG.write(Image(0.3 * noise), to: "\(scratch)/picture.png")
  }
}
