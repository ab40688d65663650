// swift-tools-version: 6.1
// The diffusion inspector: look inside latent diffusion, one step at a time.
//
// The manifest is the map of the house. A foundation is a library that inspectors stand on; an
// inspector is one concept: a library, a thin executable of the same name and a test target. The
// dependency list of an inspector is its list of prerequisites.

import PackageDescription

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// A library that inspectors stand on, with its tests, which import it and what `tests` names.
func foundation(
  _ name: String, on dependencies: [Target.Dependency] = [], tests: [Target.Dependency]
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, path: "Sources/Foundations/\(name)"),
    .testTarget(
      name: "\(name)Tests", dependencies: [.target(name: name)] + tests,
      path: "Tests/\(name)Tests"),
  ]
}

/// One concept: the library `name`, the executable `command` and its tests, which import what `tests`
/// names besides the concept, its records and what every test stands on.
func inspector(
  _ name: String, command: String, on dependencies: [Target.Dependency],
  tests: [Target.Dependency] = []
) -> [Target] {
  [
    .target(
      name: name, dependencies: ["Commands", "Pages", "Records", argumentParser] + dependencies,
      path: "Sources/Inspectors/\(name)"),
    .executableTarget(
      name: command, dependencies: [.target(name: name), "Commands"],
      path: "Sources/Executables/\(command)"),
    .testTarget(
      name: "\(name)Tests", dependencies: [.target(name: name), "Records", "TestSupport"] + tests,
      path: "Tests/\(name)Tests"),
  ]
}

let system: [Target] = [
  .systemLibrary(
    name: "CLibPNG", path: "Sources/System/CLibPNG", pkgConfig: "libpng",
    providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
  .systemLibrary(
    name: "CLibJPEG", path: "Sources/System/CLibJPEG", pkgConfig: "libjpeg",
    providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
  .target(name: "COpenBLAS", path: "Sources/System/COpenBLAS"),
  .target(
    name: "CKernels", path: "Sources/System/CKernels", linkerSettings: [.linkedLibrary("m")]),
  .target(
    name: "CImageShim", dependencies: ["CLibPNG", "CLibJPEG"], path: "Sources/System/CImageShim"),
  .target(
    name: "CPageAssets", path: "Sources/System/CPageAssets",
    exclude: [
      "page.css", "page.js", "chart.js", "scale.js", "numbers.js", "stage.js", "panels", "font",
    ]),
]

let foundations: [Target] = [
  foundation("Diagnostics", tests: ["TestSupport"]),
  foundation("JSON", on: ["Diagnostics"], tests: ["Diagnostics", "TestSupport"]),
  foundation(
    "Tensors", on: ["CKernels", "COpenBLAS", "Diagnostics"],
    tests: ["CKernels", "Diagnostics", "TestSupport"]),
  foundation(
    "Imaging", on: ["Tensors", "CKernels", "CImageShim", "Diagnostics"],
    tests: ["JSON", "Tensors", "Diagnostics", "TestSupport"]),
  foundation(
    "Records", on: ["CKernels", "Diagnostics"], tests: ["CKernels", "Diagnostics", "TestSupport"]),
  foundation(
    "Pages", on: ["Records", "CPageAssets", "Diagnostics"],
    tests: ["Records", "TestSupport"]),
  foundation(
    "Checkpoints", on: ["JSON", "Tensors", "CKernels", "Diagnostics"],
    tests: ["JSON", "Tensors", "Diagnostics", "TestSupport", "GoldenSupport"]),
  foundation(
    "Diffusion", on: ["JSON", "Tensors", "Diagnostics"],
    tests: ["JSON", "Tensors", "Checkpoints", "Diagnostics", "TestSupport"]),
  foundation(
    "Networks", on: ["JSON", "Tensors", "CKernels", "Checkpoints", "Diagnostics"],
    tests: ["JSON", "Tensors", "Checkpoints", "Diagnostics", "TestSupport", "GoldenSupport"]),
  foundation(
    "LatentDiffusion",
    on: ["JSON", "Tensors", "Checkpoints", "Diffusion", "Networks", "Diagnostics"],
    tests: [
      "JSON", "Tensors", "Checkpoints", "Diffusion", "Networks", "Diagnostics", "Storybook",
      "TestSupport",
      "GoldenSupport",
    ]),
  foundation(
    "Attention",
    on: ["Tensors", "Imaging", "Diffusion", "Networks", "LatentDiffusion", "Diagnostics"],
    tests: [
      "Tensors", "Imaging", "Networks", "LatentDiffusion", "TestSupport", "GoldenSupport",
    ]),
  foundation("Storybook", on: ["Tensors", "Imaging"], tests: ["Tensors", "Imaging"]),
  foundation(
    "Training",
    on: [
      "Tensors", "CKernels", "Imaging", "Diffusion", "Networks", "LatentDiffusion", "Storybook",
      "Checkpoints", "Records", "Diagnostics", "JSON",
    ],
    tests: [
      "JSON", "Tensors", "Imaging", "Diffusion", "Networks", "LatentDiffusion", "Storybook",
      "Diagnostics", "TestSupport", "GoldenSupport",
    ]),
  foundation(
    "Evaluation",
    on: [
      "Tensors", "Checkpoints", "Imaging", "Storybook", "Training", "LatentDiffusion", "Attention",
      "Diffusion",
    ],
    tests: [
      "JSON", "Checkpoints", "Tensors", "Imaging", "Storybook", "Networks", "LatentDiffusion",
      "Attention",
      "Records", "Training", "TestSupport",
    ]),
  foundation(
    "Commands",
    on: [
      "Tensors", "Imaging", "Checkpoints", "Networks", "LatentDiffusion", "Records", "Pages",
      "Diffusion", "Storybook", "Diagnostics", argumentParser,
    ],
    tests: [
      "Imaging", "Records", "Pages", "Diffusion", "Diagnostics", "TestSupport", argumentParser,
    ]),
].flatMap { $0 }

let inspectors: [Target] = [
  inspector(
    "StorybookWorld", command: "storybook", on: ["Tensors", "Imaging", "Storybook"],
    tests: ["Pages", "Tensors", "Imaging"]),
  inspector(
    "ForwardNoising", command: "forward-noising",
    on: ["Tensors", "Imaging", "Diffusion"],
    tests: ["Pages", "Tensors", "Imaging", "Diffusion", "Checkpoints"]),
  inspector(
    "ReverseStep", command: "reverse-step",
    on: ["Tensors", "Imaging", "Diffusion", "LatentDiffusion", "Networks"],
    tests: ["Pages", "Tensors", "Diffusion", "Checkpoints", "ModelSupport"]),
  inspector(
    "VariationalBound", command: "variational-bound",
    on: [
      "Tensors", "Imaging", "Diffusion", "Storybook", "LatentDiffusion", "Networks", "Checkpoints",
      "Training",
    ],
    tests: ["Pages", "JSON", "Networks", "LatentDiffusion", "Checkpoints"]),
  inspector(
    "SamplerComparison", command: "sampler-comparison",
    on: ["Tensors", "Imaging", "Diffusion", "LatentDiffusion", "Networks"],
    tests: ["Pages", "Tensors", "Diffusion"]),
  inspector(
    "VAECompression", command: "vae-compression",
    on: [
      "Tensors", "Imaging", "Evaluation", "LatentDiffusion", "Diffusion", "Networks", "Training",
      "Storybook",
      "Checkpoints", "Diagnostics",
    ],
    tests: [
      "Pages",
      "Tensors", "Imaging", "Evaluation", "LatentDiffusion", "Diffusion", "Networks", "Training",
      "Storybook",
      "Checkpoints", "JSON",
    ]),
  inspector(
    "TextEncoding", command: "text-encoding",
    on: ["JSON", "Tensors", "Imaging", "Networks", "Checkpoints", "Diagnostics"],
    tests: [
      "Commands", "JSON", "Tensors", "Imaging", "Networks", "Checkpoints", "Diagnostics",
    ]),
  inspector(
    "UNetWalk", command: "unet-walk",
    on: ["Tensors", "Imaging", "LatentDiffusion", "Diffusion", "Networks"],
    tests: ["Tensors", "Diffusion", "LatentDiffusion", "Networks"]),
  inspector(
    "AttentionMaps", command: "attention-maps",
    on: [
      "Attention", "Tensors", "Imaging", "LatentDiffusion", "Diffusion", "Networks",
      "Diagnostics",
    ],
    tests: [
      "Pages",
      "Attention", "Commands", "Tensors", "Imaging", "LatentDiffusion", "Checkpoints",
      "GoldenSupport",
    ]),
  inspector(
    "AttentionEdits", command: "attention-edits",
    on: ["Attention", "Tensors", "Imaging", "LatentDiffusion", "Networks", "Storybook"],
    tests: ["Commands", "Imaging", "LatentDiffusion", "Checkpoints", "ModelSupport", "Networks"]),
  inspector(
    "GuidanceSweep", command: "guidance-sweep",
    on: [
      "Tensors", "Imaging", "Evaluation", "LatentDiffusion", "Diffusion", "Training", "Networks",
    ],
    tests: [
      "Pages", "Commands", "LatentDiffusion", "Diffusion", "Imaging", "Checkpoints", "Networks",
      "ModelSupport", "Training",
    ]),
  inspector(
    "Conditioning", command: "conditioning",
    on: [
      "Tensors", "Imaging", "Checkpoints", "Diffusion", "Networks", "LatentDiffusion", "Attention",
      "Storybook", "Training", "Evaluation", "Diagnostics",
    ],
    tests: [
      "Tensors", "Imaging", "Storybook", "LatentDiffusion", "GoldenSupport", "TrainDiffusion",
    ]),
  inspector(
    "TextToImage", command: "text-to-image",
    on: ["Tensors", "Imaging", "LatentDiffusion", "Diffusion", "Networks"],
    tests: [
      "CKernels", "Commands", "Tensors", "Imaging", "LatentDiffusion", "Diffusion", "Networks",
      "Checkpoints", "ModelSupport",
    ]),
  inspector(
    "ModelReport", command: "model-report",
    on: [
      "Attention", "Tensors", "Imaging", "Evaluation", "Training", "Storybook", "LatentDiffusion",
      "Diffusion", "Networks", "Diagnostics",
    ],
    tests: ["Pages", "Commands", "Tensors", "Training", "Storybook", "LatentDiffusion", "Networks"]),
  inspector(
    "TrainTokenizer", command: "train-tokenizer",
    on: ["Training", "Networks"], tests: ["Networks", "Storybook"]),
  inspector(
    "TrainClassifier", command: "train-classifier",
    on: [
      "JSON", "Tensors", "Imaging", "Training", "Storybook", "Networks", "Checkpoints",
      "Diagnostics",
    ],
    tests: ["Training", "Storybook"]),
  inspector(
    "TrainAutoencoder", command: "train-autoencoder",
    on: [
      "Tensors", "Imaging", "Evaluation", "Training", "LatentDiffusion", "Networks", "Storybook",
      "Checkpoints", "JSON",
    ],
    tests: ["Tensors", "Evaluation", "Training", "Networks", "Checkpoints", "JSON", "Storybook"]),
  inspector(
    "TrainDiffusion", command: "train-diffusion",
    on: [
      "Tensors", "Imaging", "Training", "LatentDiffusion", "Diffusion", "Networks", "Storybook",
      "Checkpoints", "Diagnostics", "JSON",
    ],
    tests: ["Commands", "LatentDiffusion", "Networks", "Storybook", "Tensors"]),
  inspector(
    "DownsamplingStudy", command: "downsampling-study",
    on: [
      "Tensors", "Imaging", "Evaluation", "Training", "LatentDiffusion", "Diffusion", "Networks",
      "Storybook",
      "Checkpoints", "Diagnostics", "JSON",
    ],
    tests: ["Commands", "Pages", "Tensors", "Imaging", "Networks", "Storybook"]),
  inspector(
    "CheckpointContents", command: "checkpoint",
    on: ["Checkpoints", "Imaging", "Tensors", "Diagnostics"],
    tests: ["Checkpoints", "Commands", "Pages"]),
  inspector(
    "Tour", command: "tour",
    on: [
      "Tensors", "LatentDiffusion",
      "Imaging", "StorybookWorld", "ForwardNoising", "ReverseStep", "VariationalBound",
      "SamplerComparison",
      "VAECompression",
      "DownsamplingStudy", "TextEncoding", "UNetWalk", "AttentionMaps", "AttentionEdits",
      "GuidanceSweep", "Conditioning", "TextToImage",
      "TrainAutoencoder", "TrainDiffusion", "TrainTokenizer", "TrainClassifier", "ModelReport",
      "CheckpointContents",
    ],
    tests: [
      "Pages",
      "Commands", "Diagnostics", "Storybook", "Checkpoints", "Networks", "Training", "Tensors",
      "LatentDiffusion",
    ]),
].flatMap { $0 }

/// What is compared with other engines, and the commands that do it.
let benchmarks: [Target] =
  [
    .target(
      name: "Benchmarks",
      dependencies: [
        "CKernels", "Checkpoints", "Commands", "Diagnostics", "Imaging", "JSON", "LatentDiffusion",
        "Networks", "Records", "Tensors", "Training", argumentParser,
      ],
      path: "Sources/Benchmarks",
      exclude: [
        "forward_noising.py", "full_size.py", "kernels.py", "sd_cpp.py", "sd_v1.py",
        "text_to_image.py", "text_to_image_shipped.py", "training_step.py",
      ]),
    .testTarget(
      name: "BenchmarksTests",
      dependencies: [
        "Benchmarks", "Checkpoints", "LatentDiffusion", "Networks", "Tensors", "TestSupport",
      ],
      path: "Tests/BenchmarksTests"),
  ]
  + ["benchmarks", "kernel-times", "network-pass", "training-step"].map {
    .executableTarget(
      name: $0, dependencies: ["Benchmarks", "Commands"], path: "Sources/Executables/\($0)")
  }

let tools: [Target] = [
  .executableTarget(
    name: "fixture-images", dependencies: ["StorybookWorld", "Commands"],
    path: "Sources/Executables/fixture-images")
]

/// What tests stand on, each layer on no more of the house than it needs.
let support: [Target] = [
  .target(name: "TestSupport", dependencies: ["Diagnostics"], path: "Tests/TestSupport"),
  .target(
    name: "GoldenSupport", dependencies: ["Tensors", "Checkpoints", "Networks", "TestSupport"],
    path: "Tests/GoldenSupport"),
  .target(
    name: "ModelSupport", dependencies: ["Imaging", "Networks", "LatentDiffusion", "TestSupport"],
    path: "Tests/ModelSupport"),
]

/// The readers of files under libFuzzer, outside of the normal build: see Tests/Fuzzing/run.sh.
let fuzzing: [Target] =
  Context.environment["FUZZING"] == nil
  ? []
  : [
    .executableTarget(
      name: "fuzz-readers",
      dependencies: [
        "Checkpoints", "Diagnostics", "Imaging", "JSON", "Networks", "Tensors",
      ], path: "Tests/Fuzzing", exclude: ["corpus", "run.sh", "tokens.dict"])
  ]

let package = Package(
  name: "diffusion-inspector",
  // The executables are products by themselves.
  products: foundations.filter { $0.type == .regular }.map {
    .library(name: $0.name, targets: [$0.name])
  },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: system + foundations + inspectors + benchmarks + tools + support + fuzzing
)
