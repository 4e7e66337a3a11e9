"""MLflow keeps the curves, the diagnosis, the gauge's page and the model of a run. Needs `pip install mlflow`.

python examples/with_mlflow.py
"""

import sys
import tempfile
from pathlib import Path

import mlflow
from quiet import keras  # Keras, without the start-up messages of TensorFlow
from sklearn.datasets import load_digits

import kerasparts as kp


def main(folder, epochs=20):
    folder = Path(folder)
    split = kp.model_selection.train_dev_test_split(*load_digits(return_X_y=True), seed=1)
    hidden = keras.layers.Dense(64, kp.activations.Swish())
    model = keras.Sequential([keras.Input((64,)), hidden, keras.layers.Dense(10)])
    loss = kp.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kp.optimizers.AdamW(3e-3), loss, metrics=["accuracy"])
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("digits", artifact_location=(folder / "runs").resolve().as_uri())
    mlflow.set_experiment("digits")
    with mlflow.start_run() as run:
        gauges = kp.callbacks.TrainingDiagnostics(report=folder / "report.html", verbose=0)
        callbacks = [gauges, mlflow.keras.MlflowCallback()]
        model.fit(*split.train, validation_data=tuple(split.dev), epochs=epochs, verbose=0, callbacks=callbacks)
        model.save(folder / "model.keras")
        mlflow.log_dict(gauges.diagnosis.to_dict(), "diagnosis.json")
        mlflow.log_artifact(folder / "report.html")
        mlflow.log_artifact(folder / "model.keras")
    file = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="model.keras")
    print(f"Test accuracy of the logged model: {keras.models.load_model(file).evaluate(*split.test, verbose=0)[1]:.3f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
