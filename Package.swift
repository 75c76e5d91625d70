// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "dcb",
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite"),
        .target(name: "Platform", dependencies: ["CLinux"]),
        .target(name: "JSON"),
        .target(name: "CommandKit", dependencies: ["JSON", "Platform"]),
        .target(name: "Onboarding", dependencies: ["JSON", "Platform"]),
        .target(name: "Store", dependencies: ["CSQLite", "CommandKit", "Onboarding", "Platform"]),
        .target(name: "OpenClaw", dependencies: ["CommandKit", "JSON", "Onboarding", "Platform"]),
        .target(name: "Provisioning", dependencies: ["CommandKit", "JSON", "Onboarding", "OpenClaw", "Platform", "Store"]),
        .executableTarget(name: "dcb-validate", dependencies: ["CommandKit", "JSON", "Onboarding"]),
        .executableTarget(name: "dcb-state", dependencies: ["CommandKit", "JSON", "Onboarding", "OpenClaw", "Platform", "Provisioning", "Store"]),
        .executableTarget(name: "dcb-create-agent", dependencies: ["CommandKit", "JSON", "Onboarding", "Provisioning"]),
        .executableTarget(name: "dcb-bind", dependencies: ["CommandKit", "JSON", "Onboarding", "Provisioning"]),
        .executableTarget(name: "dcb-onboard", dependencies: ["CommandKit", "JSON", "Onboarding", "Platform"]),
        .executableTarget(name: "dcb-reconcile", dependencies: ["CommandKit", "JSON", "Onboarding", "OpenClaw", "Platform", "Provisioning", "Store"]),
        .executableTarget(name: "json-probe", dependencies: ["JSON", "Platform"]),
        .target(name: "TestSupport", dependencies: ["CSQLite", "JSON", "Platform"], path: "Tests/Support"),
        .executableTarget(name: "platform-probe", dependencies: ["Platform"], path: "Tests/PlatformTests/Probe"),
        .executableTarget(name: "openclaw-standin", dependencies: ["JSON", "Platform"], path: "Tests/Standins/openclaw"),
        .executableTarget(
            name: "openclaw-gateway-standin", dependencies: ["JSON", "Onboarding", "Platform"], path: "Tests/Standins/gateway"),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "TestSupport", "platform-probe"], exclude: ["Probe"]),
        .testTarget(name: "CommandKitTests", dependencies: ["CommandKit", "JSON", "Platform", "TestSupport"]),
        .testTarget(name: "TidyTests", dependencies: ["Platform", "TestSupport"]),
        .testTarget(name: "dcb-stateTests", dependencies: ["JSON", "Platform", "TestSupport"]),
        .testTarget(name: "dcb-validateTests", dependencies: ["JSON", "Platform", "TestSupport"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .executableTarget(name: "store-helper", dependencies: ["CommandKit", "Onboarding", "Platform", "Store"], path: "Tests/StoreTests/Helper"),
        .testTarget(name: "StoreTests", dependencies: ["CSQLite", "CommandKit", "Onboarding", "Platform", "Store", "store-helper"], exclude: ["Helper"]),
        .testTarget(name: "OpenClawTests", dependencies: ["CommandKit", "JSON", "Onboarding", "OpenClaw", "Platform", "TestSupport"]),
        .testTarget(name: "ProvisioningTests", dependencies: ["JSON", "Platform", "TestSupport"]),
        .testTarget(name: "dcb-bindTests", dependencies: ["CSQLite", "JSON", "Platform", "TestSupport"]),
        .testTarget(name: "dcb-create-agentTests", dependencies: ["JSON", "Platform", "TestSupport", "openclaw-standin"]),
        .testTarget(name: "OnboardingTests", dependencies: ["JSON", "Onboarding", "Platform"]),
        .testTarget(name: "dcb-reconcileTests", dependencies: ["JSON", "Platform", "TestSupport"]),
        .testTarget(name: "dcb-onboardTests", dependencies: ["JSON", "Platform", "TestSupport", "openclaw-standin"]),
    ]
)
