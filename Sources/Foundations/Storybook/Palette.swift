/// Colours as three floats in 0…1, sRGB-encoded: red, green, blue.
package typealias Color = SIMD3<Float>

extension SIMD3<Float> {
  static func bytes(_ red: Float, _ green: Float, _ blue: Float) -> Color {
    Color(red, green, blue) / 255
  }

  func mixed(with other: Color, _ amount: Float) -> Color { self + (other - self) * amount }
}

extension ObjectColor {
  package var paint: Color {
    switch self {
    case .red: .bytes(214, 40, 40)
    case .orange: .bytes(245, 130, 25)
    case .yellow: .bytes(252, 218, 50)
    case .green: .bytes(30, 140, 70)
    case .blue: .bytes(40, 95, 215)
    case .purple: .bytes(125, 55, 180)
    case .pink: .bytes(255, 150, 195)
    case .white: .bytes(246, 246, 244)
    }
  }

  /// A colour for stripes and trimmings that stands out from `paint`.
  package var accent: Color { self == .white ? .bytes(150, 165, 190) : .bytes(250, 246, 236) }
}

/// What the time of day does to colours.
package struct Light {
  /// Factors on the colours of objects and of the ground.
  package var object, ground: Color
  /// The sky from top to horizon, three stops.
  package var sky: [Color]
  /// Windows that are lit from inside.
  package var windows: Color

  package init(_ time: TimeOfDay) {
    switch time {
    case .day:
      object = Color(1, 1, 1)
      ground = Color(1, 1, 1)
      sky = [.bytes(92, 160, 232), .bytes(140, 195, 242), .bytes(205, 230, 246)]
      windows = .bytes(188, 222, 240)
    case .sunset:
      object = Color(1.0, 0.90, 0.85)
      ground = Color(0.92, 0.70, 0.62)
      sky = [.bytes(88, 78, 152), .bytes(226, 118, 110), .bytes(254, 196, 110)]
      windows = .bytes(255, 226, 130)
    case .night:
      object = Color(0.87, 0.83, 0.92)
      ground = Color(0.42, 0.44, 0.58)
      sky = [.bytes(9, 12, 38), .bytes(20, 27, 66), .bytes(44, 54, 104)]
      windows = .bytes(255, 222, 110)
    }
  }
}

extension Ground {
  /// Far away and near by, in daylight.
  package var paint: (far: Color, near: Color) {
    switch self {
    case .grass: (.bytes(146, 202, 104), .bytes(96, 166, 78))
    case .sand: (.bytes(240, 216, 160), .bytes(216, 180, 120))
    case .snow: (.bytes(244, 248, 253), .bytes(208, 222, 240))
    case .sea: (.bytes(96, 170, 208), .bytes(30, 98, 162))
    }
  }
}
