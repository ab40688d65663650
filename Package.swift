// swift-tools-version: 6.1
// The diffusion inspector: look inside latent diffusion, one step at a time.
//
// The manifest is the map of the house. A foundation is a library that inspectors stand on; an
// inspector is one concept: a library, a thin executable of the same name and a test target. The
// dependency list of an inspector is its list of prerequisites.

import PackageDescription

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let numerics: Target.Dependency = .product(name: "RealModule", package: "swift-numerics")

/// A library that inspectors stand on, with its tests.
func foundation(
  _ name: String, on dependencies: [Target.Dependency] = [],
  testing extra: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, path: "Sources/Foundations/\(name)"),
    .testTarget(
      name: "\(name)Tests",
      dependencies: [.target(name: name), "TestSupport"] + dependencies + extra,
      path: "Tests/\(name)Tests"),
  ]
}

/// One concept: the library `name`, the executable `command` and its tests.
func inspector(
  _ name: String, command: String, on dependencies: [Target.Dependency]
) -> [Target] {
  let all: [Target.Dependency] = ["Commands", "Tracing", "Imaging", "Tensors"] + dependencies
  return [
    .target(
      name: name, dependencies: all + [argumentParser], path: "Sources/Inspectors/\(name)"),
    .executableTarget(
      name: command, dependencies: [.target(name: name), "Commands"],
      path: "Sources/Executables/\(command)"),
    .testTarget(
      name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + all,
      path: "Tests/\(name)Tests"),
  ]
}

let system: [Target] = [
  .systemLibrary(
    name: "CLibPNG", path: "Sources/System/CLibPNG", pkgConfig: "libpng",
    providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
  .systemLibrary(
    name: "COpenBLAS", path: "Sources/System/COpenBLAS", pkgConfig: "openblas",
    providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
  .target(
    name: "CKernels", path: "Sources/System/CKernels", linkerSettings: [.linkedLibrary("m")]),
  .target(name: "CPNGShim", dependencies: ["CLibPNG"], path: "Sources/System/CPNGShim"),
  .target(
    name: "CPageAssets", path: "Sources/System/CPageAssets",
    exclude: ["page.css", "page.js", "chart.js"]),
]

let foundations: [Target] = [
  foundation("Diagnostics"),
  foundation("Tensors", on: ["CKernels", "COpenBLAS", "Diagnostics"]),
  foundation("Imaging", on: ["Tensors", "CPNGShim", "Diagnostics"]),
  foundation("Tracing", on: ["CKernels", "CPageAssets", "Diagnostics"]),
  foundation("Checkpoints", on: ["Tensors", "CKernels", "Diagnostics"]),
  foundation("Diffusion", on: ["Tensors", "Checkpoints", "Diagnostics", numerics]),
  foundation("Networks", on: ["Tensors", "CKernels", "Checkpoints", "Diagnostics"]),
  foundation(
    "LatentDiffusion",
    on: ["Tensors", "Checkpoints", "Diffusion", "Networks", "Diagnostics"]),
  foundation("Storybook", on: ["Tensors", "Imaging"]),
  foundation(
    "Training",
    on: [
      "Tensors", "CKernels", "Imaging", "Diffusion", "Networks", "LatentDiffusion", "Storybook",
      "Checkpoints", "Tracing", "Diagnostics",
    ]),
  foundation("Commands", on: ["Tensors", "Tracing", "Diffusion", "Diagnostics", argumentParser]),
].flatMap { $0 }

let inspectors: [Target] = [
  inspector("StorybookWorld", command: "storybook", on: ["Storybook"]),
  inspector("ForwardNoising", command: "forward-noising", on: ["Diffusion", "Checkpoints"]),
  inspector(
    "ReverseStep", command: "reverse-step",
    on: ["Diffusion", "Checkpoints", "Storybook", "LatentDiffusion", "Networks"]),
  inspector(
    "VAECompression", command: "vae-compression",
    on: [
      "LatentDiffusion", "Diffusion", "Networks", "Training", "Storybook", "Checkpoints",
      "Diagnostics",
    ]),
  inspector(
    "TextEncoding", command: "text-encoding", on: ["Networks", "Checkpoints", "Diagnostics"]),
  inspector(
    "UNetWalk", command: "unet-walk", on: ["LatentDiffusion", "Networks", "Checkpoints"]),
  inspector(
    "AttentionMaps", command: "attention-maps",
    on: ["LatentDiffusion", "Diffusion", "Networks", "Storybook", "Checkpoints", "Diagnostics"]),
  inspector(
    "TextToImage", command: "text-to-image",
    on: ["LatentDiffusion", "Diffusion", "Networks", "Checkpoints"]),
  inspector(
    "ModelReport", command: "model-report",
    on: [
      "Training", "Storybook", "LatentDiffusion", "Diffusion", "Networks", "Checkpoints",
      "Diagnostics",
    ]),
  inspector(
    "TrainClassifier", command: "train-classifier",
    on: ["Training", "Storybook", "Networks", "Checkpoints", "Diagnostics"]),
  inspector(
    "TrainAutoencoder", command: "train-autoencoder",
    on: [
      "Training", "LatentDiffusion", "Networks", "Storybook", "Checkpoints", "Diagnostics",
    ]),
  inspector(
    "TrainDiffusion", command: "train-diffusion",
    on: [
      "Training", "LatentDiffusion", "Diffusion", "Networks", "Storybook", "Checkpoints",
      "Diagnostics",
    ]),
  inspector(
    "DownsamplingStudy", command: "downsampling-study",
    on: [
      "Training", "LatentDiffusion", "Diffusion", "Networks", "Storybook", "Checkpoints",
      "Diagnostics",
    ]),
  inspector(
    "Tour", command: "tour",
    on: [
      "StorybookWorld", "ForwardNoising", "ReverseStep", "VAECompression", "DownsamplingStudy",
      "TextEncoding", "UNetWalk", "AttentionMaps", "TextToImage", "TrainAutoencoder",
      "TrainDiffusion",
    ]),
].flatMap { $0 }

let tools: [Target] = [
  .executableTarget(
    name: "benchmarks", dependencies: ["Imaging", "Tensors", argumentParser],
    path: "Sources/Benchmarks",
    exclude: ["forward_noising.py", "text_to_image.py", "training_step.py"]),
  .executableTarget(
    name: "fixture-images", dependencies: ["StorybookWorld"],
    path: "Sources/Executables/fixture-images"),
  .executableTarget(
    name: "train-tokenizer", dependencies: ["Training", argumentParser],
    path: "Sources/Executables/train-tokenizer"),
  .executableTarget(
    name: "network-pass",
    dependencies: ["Networks", "Checkpoints", "Tensors", "Tracing", argumentParser],
    path: "Sources/Executables/network-pass", exclude: ["full_size.py"]),
  .executableTarget(
    name: "training-step",
    dependencies: ["LatentDiffusion", "Networks", "Tensors", "Training", argumentParser],
    path: "Sources/Executables/training-step"),
]

let support: [Target] = [
  .target(
    name: "TestSupport",
    dependencies: ["Tensors", "Checkpoints", "Networks", "LatentDiffusion", "Diagnostics"],
    path: "Tests/TestSupport")
]

let package = Package(
  name: "diffusion-inspector",
  // The executables are products by themselves.
  products: foundations.filter { $0.type == .regular }.map {
    .library(name: $0.name, targets: [$0.name])
  },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
  ],
  targets: system + foundations + inspectors + tools + support
)
