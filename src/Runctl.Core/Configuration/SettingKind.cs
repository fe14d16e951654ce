namespace Runctl.Configuration;

/// <summary>Forms a setting's value can have.</summary>
internal enum SettingKind
{
    Text,
    Bucket,
    Address,
    WholeNumber,
    Amount,
    Switch,
    Duration,
    Texts,
    Glob,
    Globs,
    Bytes,
    TextTable,
    AmountTable,
    StopSignal,
    SignalTo,
    OnExit,
    StoppedInstance,
    EventKinds,
    S3Encryption,
    KmsKey,
}
